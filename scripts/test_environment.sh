#!/usr/bin/env bash
# What some tests can use and nothing else needs: a browser (pages), clang with its fuzzing runtime and
# clang-tidy, a cross compiler for aarch64, Slurm and Open MPI (launchers), tools for two networks on one
# machine, and TensorBoard's reader in a Python environment in .deps/test-environment. Safe to run
# again: what is there is left alone. Tests that miss a part skip and say so.
label='test environment'
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
set +e  # a part that fails is counted, and the others go on
cd "$checkout"

packages=(chromium chromium-driver clang-14 libclang-rt-14-dev clang-tidy-14 g++-aarch64-linux-gnu
  slurmctld slurmd slurm-client munge openmpi-bin iproute2)
requirements=tests/requirements.txt
environment=.deps/test-environment

failures=0
without() {
  say "$1; tests that need it will skip. Log: $log"
  failures=$((failures + 1))
}

mkdir -p .deps build
log=build/test_environment.log
: >"$log"
# Two set-ups of one checkout wait for each other.
exec 9>.deps/test-environment.lock
flock 9

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$package"
  done
}

install_packages() {
  command -v apt-get >/dev/null || { without "no apt-get: ${packages[*]} are left out"; return; }
  local missing as_root=() package
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "packages: all there"
    return
  fi
  if ((EUID != 0)); then
    if sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      without "not root: ${missing[*]} cannot be installed"
      return
    fi
  fi
  say "packages: installing ${missing[*]}"
  "${as_root[@]}" apt-get update >>"$log" 2>&1 </dev/null
  # One by one: a distribution that lacks one may have the others.
  for package in "${missing[@]}"; do
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y \
      --no-install-recommends "$package" >>"$log" 2>&1 </dev/null ||
      without "$package cannot be installed"
  done
}

install_python() {
  if cmp -s "$requirements" "$environment/requirements.txt"; then
    say "Python: all there"
    return
  fi
  say "Python: installing $requirements into $environment"
  scripts/python_environment.sh "$environment" "$requirements" >>"$log" 2>&1 </dev/null ||
    without "the Python packages of $requirements cannot be installed"
}

install_packages
install_python
if ((failures == 0)); then say "complete"; fi
exit "$((failures > 0))"
