# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of the set-up begin with; they source it from the root of the checkout.
set -euo pipefail
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DBOT_LIBTORCH DBOT_ARROW DBOT_CHART_JS CONDA_PREFIX CXX

failed=0
complain() {
  echo "FAILED: $*" >&2
  failed=1
}

# expect WHAT TEXT FILE: the file has the text.
expect() { grep -qF -- "$2" "$3" || complain "$1: no '$2' in: $(tail -n 20 "$3")"; }
# expect_none WHAT TEXT FILE
expect_none() { ! grep -qF -- "$2" "$3" || complain "$1: there is '$2' in: $(tail -n 20 "$3")"; }

# ends WHAT STATUS COMMAND…: with that status; what it says is in $work/said.
ends() {
  local what=$1 status=$2 got=0
  shift 2
  "$@" >"$work/said" 2>&1 || got=$?
  ((got == status)) || complain "$what: exit code $got, expected $status: $(tail -n 20 "$work/said")"
}

# fake_libtorch FOLDER VERSION: as much of one as is looked at.
fake_libtorch() {
  mkdir -p "$1/lib" "$1/include/ATen/core" "$1/include/torch/headeronly"
  touch "$1/lib/libtorch_cpu.so" "$1/lib/libc10.so" "$1/include/ATen/core/Tensor.h"
  printf '#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n' "${2%.*}" "${2#*.}" \
    >"$1/include/torch/headeronly/version.h"
}

# make_checkout FOLDER: what setup.sh reads of a checkout, with a LibTorch and an Arrow that it takes for
# those of the wheels.
make_checkout() {
  mkdir -p "$1/scripts" "$1/.deps/arrow/pyarrow"
  cp "$root/setup.sh" "$1/"
  cp -r "$root/scripts/common.sh" "$root/scripts/setup" "$1/scripts/"
  cp -r "$root/cmake" "$1/"
  fake_libtorch "$1/.deps/libtorch/torch" 2.11
  (
    cd "$1"
    # shellcheck source=/dev/null
    source scripts/setup/wheels.sh
    stamp_of "$requirements" "${wheel_parts[@]}" >"$libtorch/dbot-stamp"
    stamp_of "$arrow_requirements" "${arrow_parts[@]}" >"$arrow/dbot-stamp"
  )
}

# fake_cmake FOLDER: one that notes its arguments in $work/cmake-calls and leaves what setup.sh looks for.
fake_cmake() {
  mkdir -p "$1"
  cat >"$1/cmake" <<TEXT
#!/usr/bin/env bash
case " \$* " in *" -P "*) exec "$(command -v cmake)" "\$@" ;; esac
echo "\$*" >>"$work/cmake-calls"
mkdir -p build/release
if [[ " \$* " == *" --preset release "* && \$1 != --build ]]; then
  echo "CMAKE_HOME_DIRECTORY:INTERNAL=\$PWD" >build/release/CMakeCache.txt
  printf '%s\n' "\$@" | sed -n 's/^-D//p' >>build/release/CMakeCache.txt
fi
TEXT
  chmod +x "$1/cmake"
}

finish() {
  if ((failed == 0)); then echo "all as expected"; fi
  exit "$failed"
}
