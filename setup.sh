#!/usr/bin/env bash
# Installs what a fresh Debian 12 or Ubuntu 24.04 (x86-64) lacks, fetches LibTorch and Arrow into
# .deps/ and builds program and tests into build/release; bin/dbot is a link to the program. Safe to
# run again: what is there is left alone.
label=setup
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [--deps-only | --no-build]

  --deps-only   packages, LibTorch and Arrow, nothing configured
  --no-build    the same, and the preset `release` configured, nothing built
  --help        this text

Environment:
  DBOT_LIBTORCH   a LibTorch, or a wheel's torch/ folder, of version 2.11 or later: used instead of
                  the download
  DBOT_ARROW      the pyarrow/ folder of its wheel, to read Parquet with: used instead of the download
TEXT
}

# ---- Settings ------------------------------------------------------------------------------------

# Needed to build; every name is the same on Debian 12 and Ubuntu 24.04.
required_packages=(g++ cmake ninja-build ccache xz-utils python3
  libfmt-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libjpeg-dev libpng-dev libtiff-dev
  libwebp-dev libzstd-dev zlib1g-dev libxxhash-dev libhwy-dev libgloo-dev libjs-chart.js
  libgtest-dev libgmock-dev)
# Installed where the distribution has them: the format check, and the quickstart's images.
optional_packages=(clang-format-14 dataset-fashion-mnist)

requirements=cmake/libtorch-requirements.txt
# The part of the wheels that is unpacked: what the CPU program links, the headers, the licences.
# The CUDA libraries (0.5 GB more) are left out; a GPU build will have to add them here.
wheel_parts=('torch/include/' 'torch/lib/libtorch_cpu.so' 'torch/lib/libc10.so'
  'torch/lib/libgomp' 'nvidia/cu13/lib/libcudart.so' 'nvidia/cu13/lib/libcupti.so'
  '*.dist-info/licenses/' '*.dist-info/METADATA')
libtorch=.deps/libtorch
arrow_requirements=cmake/arrow-requirements.txt
arrow_parts=('pyarrow/include/' 'pyarrow/libarrow.so' 'pyarrow/libparquet.so'
  '*.dist-info/licenses/' '*.dist-info/METADATA')
arrow=.deps/arrow
disk_for_everything_mb=1800  # the wheels and what they unpack to, for a moment side by side
disk_for_build_mb=300

# ---- Saying things -------------------------------------------------------------------------------

phase_started=0
begin_phase() {
  phase_started=$SECONDS
  say "$*"
}
end_phase() { say "$* ($((SECONDS - phase_started)) s)"; }

log=build/setup.log

# logged WHAT COMMAND…: runs the command with its output in the log. A failure ends the set-up: in
# one line if the network is the reason, else with the end of the log.
logged() {
  local what=$1 start
  shift
  printf '\n==== %s\n' "$what" >>"$log"
  start=$(($(wc -l <"$log") + 1))
  "$@" >>"$log" 2>&1 </dev/null && return 0
  if tail -n "+$start" "$log" | grep -qiE "$offline_signs"; then
    fail "$what failed: the package server cannot be reached. Is this machine online? Log: $log"
  elif tail -n "+$start" "$log" | grep -qiE "$disk_signs"; then
    fail "$what failed: the disk is full. Log: $log"
  fi
  tail -n "+$start" "$log" | tail -n 40 >&2
  fail "$what failed; the lines above end $log"
}
disk_signs='no space left on device|enough free space'
offline_signs='temporary failure (resolving|in name resolution)|could not resolve|could not connect'
offline_signs+='|failed to establish a new connection|name or service not known'
offline_signs+='|network is unreachable|connection (refused|timed out)|connecttimeout'

# ---- Phases --------------------------------------------------------------------------------------

check_machine() {
  [[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] ||
    fail "this is $(uname -s) on $(uname -m), expected Linux on x86_64"
}

check_disk() {
  local needed_mb=$1 what=$2 free_mb
  free_mb=$(df -Pm . | awk 'NR == 2 {print $4}')
  ((free_mb >= needed_mb)) ||
    fail "$free_mb MB are free on the disk of $PWD, $what needs $needed_mb MB; free some space"
}

# missing_of PACKAGE…: those that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$package"
  done
}

install_packages() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    local tool
    say "this distribution has no apt-get; dbot needs the equivalents of: ${required_packages[*]}"
    for tool in g++ cmake ninja python3; do
      command -v "$tool" >/dev/null || fail "$tool is missing; install the packages named above"
    done
    return
  fi

  local wanted=("${required_packages[@]}") missing missing_optional package
  if { needs_libtorch || needs_arrow; } && ! python3 -m pip --version >/dev/null 2>&1; then
    wanted+=(python3-pip)
  fi
  mapfile -t missing < <(missing_of "${wanted[@]}")
  mapfile -t missing_optional < <(missing_of "${optional_packages[@]}")
  if ((${#missing[@]} == 0)) && { ((${#missing_optional[@]} == 0)) || optional_settled; }; then
    say "packages: all there"
    return
  fi

  local sudo=()
  if ((EUID != 0)); then
    if command -v sudo >/dev/null; then
      sudo=(sudo)
    elif ((${#missing[@]} == 0)); then
      say "notice: not installed, for want of root or sudo: ${missing_optional[*]}"
      return
    else
      fail "installing needs root or sudo; ask for these packages: ${missing[*]}"
    fi
  fi
  begin_phase "packages: installing ${missing[*]} ${missing_optional[*]}"
  # Stale lists of other sources may fail to update; whether ours are found is seen below.
  "${sudo[@]}" apt-get -o DPkg::Lock::Timeout=120 update >>"$log" 2>&1 </dev/null || true
  for package in "${missing_optional[@]}"; do
    if [[ -n $(apt-cache madison "$package" 2>/dev/null) ]]; then
      missing+=("$package")
    else
      say "notice: this distribution has no $package: $(without "$package")"
    fi
  done
  if ((${#missing[@]} > 0)); then
    logged "installing packages" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${missing[@]}"
  fi
  printf '%s\n' "${optional_packages[@]}" >.deps/optional-packages
  end_phase "packages: done"
}

# True once the optional packages were tried, so that one the distribution lacks is not sought again.
optional_settled() {
  printf '%s\n' "${optional_packages[@]}" | cmp -s - .deps/optional-packages
}

without() {
  case $1 in
    clang-format-14) echo "the format check will be skipped" ;;
    dataset-fashion-mnist) echo "quickstart.sh needs a folder of your own images" ;;
  esac
}

# What a finished folder of wheels says of itself: the hashes it came from and the parts it holds.
stamp_of() {
  local requirements=$1
  shift
  grep -v '^#' "$requirements"
  printf '%s\n' "$@"
}

needs_libtorch() {
  [[ -z ${DBOT_LIBTORCH:-} ]] &&
    ! stamp_of "$requirements" "${wheel_parts[@]}" | cmp -s - "$libtorch/dbot-stamp"
}

needs_arrow() {
  [[ -z ${DBOT_ARROW:-} ]] &&
    ! stamp_of "$arrow_requirements" "${arrow_parts[@]}" | cmp -s - "$arrow/dbot-stamp"
}

fetch_libtorch() {
  if [[ -n ${DBOT_LIBTORCH:-} ]]; then
    [[ -e $DBOT_LIBTORCH/lib/libtorch_cpu.so ]] ||
      fail "DBOT_LIBTORCH is $DBOT_LIBTORCH, which has no lib/libtorch_cpu.so"
    say "LibTorch: $DBOT_LIBTORCH (from DBOT_LIBTORCH)"
  elif needs_libtorch; then
    fetch_wheels LibTorch "540 MB" "$requirements" "$libtorch" "${wheel_parts[@]}"
  else
    say "LibTorch: there"
  fi
}

# Without it everything works but Parquet: failing to fetch it is no reason to stop.
fetch_arrow() {
  if [[ -n ${DBOT_ARROW:-} ]]; then
    say "Arrow: $DBOT_ARROW (from DBOT_ARROW)"
  elif ! needs_arrow; then
    say "Arrow: there"
  elif ! (fetch_wheels Arrow "55 MB" "$arrow_requirements" "$arrow" "${arrow_parts[@]}"); then
    say "notice: without Arrow dbot reads no Parquet; run this again to have it"
  fi
}

# fetch_wheels NAME SIZE REQUIREMENTS FOLDER PART…: what is to be unpacked of the wheels, in FOLDER.
fetch_wheels() {
  local name=$1 size=$2 wheels=$3 folder=$4
  shift 4
  begin_phase "$name: downloading $size"
  rm -rf .deps/partial
  mkdir -p .deps/partial/temporary .deps/partial/unpacked
  # The wheels carry three platform tags. pip copies what it downloads once within TMPDIR's disk.
  TMPDIR=$PWD/.deps/partial/temporary logged "downloading $name" \
    python3 -m pip --disable-pip-version-check download --no-cache-dir --retries 2 \
    --no-deps --require-hashes --only-binary=:all: \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux2014_x86_64 --python-version 3.11 --implementation cp \
    --abi cp311 --abi none --requirement "$wheels" --dest .deps/partial/wheels
  say "$name: unpacking"
  logged "unpacking $name" unpack_wheels .deps/partial/wheels .deps/partial/unpacked "$@"
  stamp_of "$wheels" "$@" >.deps/partial/unpacked/dbot-stamp
  # Only a complete folder ever has the final name.
  rm -rf "$folder"
  mv .deps/partial/unpacked "$folder"
  rm -rf .deps/partial
  end_phase "$name: done"
}

# unpack_wheels FROM INTO PART…: these parts of all wheels.
unpack_wheels() {
  python3 - "$@" <<'PYTHON'
import fnmatch, pathlib, sys, zipfile

source, target, *parts = sys.argv[1:]
for wheel in sorted(pathlib.Path(source).glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if any(fnmatch.fnmatchcase(name, part + "*") for part in parts):
                archive.extract(name, target)
PYTHON
}

configure() {
  local cache=build/release/CMakeCache.txt fresh=()
  # A checkout that was moved keeps its objects but needs a new configuration.
  if [[ -e $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
    fresh=(--fresh)
  fi
  logged "configuring" cmake "${fresh[@]}" --preset release "-DDBOT_LIBTORCH:PATH=${DBOT_LIBTORCH:-}" \
    "-DDBOT_ARROW:PATH=${DBOT_ARROW:-}"
}

# The program at a path that stays, for people and documents; the link leads somewhere once it is built.
link_program() {
  mkdir -p bin
  ln -sfn ../build/release/dbot bin/dbot
}

build() {
  [[ -e build/release/dbot ]] || check_disk "$disk_for_build_mb" "the build"
  begin_phase "build: program and tests into build/release (up to 12 minutes the first time)"
  if [[ -t 2 ]]; then
    # At a terminal ninja shows one line of progress, and errors by itself.
    NINJA_STATUS='[setup] build: %f of %t, %e s ' cmake --build --preset release >&2 ||
      fail "the build failed; the lines above say why"
  else
    logged "building" cmake --build --preset release
  fi
  end_phase "build: done"
}

# ---- The set-up ----------------------------------------------------------------------------------

with_configuration=yes
with_build=yes
for argument in "$@"; do
  case $argument in
    --deps-only) with_configuration=no with_build=no ;;
    --no-build) with_build=no ;;
    *)
      help_or_go_on "$argument"
      wrong_usage
      ;;
  esac
done

if [[ -n ${DBOT_LIBTORCH:-} ]]; then
  DBOT_LIBTORCH=$(realpath -m -- "$DBOT_LIBTORCH")
fi
if [[ -n ${DBOT_ARROW:-} ]]; then
  DBOT_ARROW=$(realpath -m -- "$DBOT_ARROW")
fi
cd "$checkout"
check_machine
mkdir -p build .deps 2>/dev/null || fail "$PWD cannot be written to"
# Two set-ups of one checkout wait for each other.
exec 9>.deps/lock
flock --nonblock 9 || { say "waiting for another set-up of this checkout" && flock 9; }
: >"$log"

if needs_libtorch; then check_disk "$disk_for_everything_mb" "the set-up"; fi
install_packages
fetch_libtorch
fetch_arrow
if [[ $with_configuration == yes ]]; then
  configure
  link_program
fi
if [[ $with_build == yes ]]; then build; fi
say "ready after $SECONDS s"
