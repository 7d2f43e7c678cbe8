#!/usr/bin/env bash
# Gets what a fresh Debian 12 or Ubuntu 24.04 (x86-64) lacks, fetches LibTorch and Arrow into .deps/ and
# builds the program into build/release; bin/dbot is a link to it. Safe to run again: what is there is
# left alone.
# shellcheck disable=SC2034
label=setup
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [--no-root | --conda] [--tests] [--deps-only | --no-build] [--from FILE]
       ./setup.sh --bundle FILE

  --no-root      unpacks missing packages of the distribution into .deps/sysroot, installs nothing and
                 asks for no password; a C++ compiler has to be there
  --conda        takes everything from the active conda environment (environment.yml) instead
  --tests        with the tests and what they need; warnings are errors (test.sh does this)
  --deps-only    packages, LibTorch and Arrow, nothing configured
  --no-build     the same, and the preset `release` configured, nothing built
  --bundle FILE  writes a tar of all that a machine without a network needs: this checkout, LibTorch,
                 Arrow and the packages. There: tar -xf FILE && cd dbot && ./setup.sh
  --from FILE    takes LibTorch, Arrow and packages out of such a tar, for this checkout
  --help         this text

Once made, --no-root and --conda hold for later calls in this checkout.

Environment:
  DBOT_LIBTORCH   a LibTorch of version 2.11 or later, used instead of the download: its folder, a
                  wheel's torch/ folder, or the conda or Python environment that it is installed in
  DBOT_ARROW      the pyarrow/ folder of its wheel, to read Parquet with: used instead of the download
  DBOT_CHART_JS   the file chart.min.js of Chart.js 3, where no package libjs-chart.js is installed
TEXT
}

# ---- Settings ------------------------------------------------------------------------------------

sysroot=.deps/sysroot
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
    fail "$what failed: the package server cannot be reached. Is this machine online? If it never is:" \
      "./setup.sh --bundle on another one. Log: $log"
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

# ---- The machine ---------------------------------------------------------------------------------

check_machine() {
  local machine
  machine=$(uname -m)
  [[ $(uname -s) == Linux ]] || fail "this is $(uname -s), expected Linux"
  case $machine in
    x86_64) ;;
    aarch64)
      [[ -n ${DBOT_LIBTORCH:-} ]] ||
        fail "LibTorch is fetched for x86_64 alone, this is aarch64; name one: DBOT_LIBTORCH=FOLDER, such" \
          "as the torch/ folder of the wheel that pip download torch==2.11.0 brings"
      say "notice: on aarch64 dbot builds, and nobody has tested it"
      ;;
    *) fail "this is $machine, expected x86_64 (or aarch64, untested)" ;;
  esac
}

# check_disk MB WHAT [FOLDER]
check_disk() {
  local needed_mb=$1 what=$2 folder=${3:-$PWD} free_mb
  free_mb=$(df -Pm "$folder" | awk 'NR == 2 {print $4}')
  ((free_mb >= needed_mb)) ||
    fail "$free_mb MB are free on the disk of $folder, $what needs $needed_mb MB; free some space"
}

# ---- The set-up ----------------------------------------------------------------------------------

for part in packages sysroot wheels bundle build; do
  # shellcheck source=/dev/null
  source "$checkout/scripts/setup/$part.sh"
done

with_configuration=yes
with_build=yes
with_tests=no
with_root=yes
with_conda=no
write_to=
take_from=
while (($# > 0)); do
  case $1 in
    --deps-only) with_configuration=no with_build=no ;;
    --no-build) with_build=no ;;
    --tests) with_tests=yes ;;
    --no-root) with_root=no ;;
    --conda) with_conda=yes ;;
    --bundle | --from)
      if (($# < 2)); then wrong_usage; fi
      if [[ $1 == --bundle ]]; then write_to=$(realpath -m -- "$2"); else take_from=$(realpath -m -- "$2"); fi
      shift
      ;;
    *)
      help_or_go_on "$1"
      wrong_usage
      ;;
  esac
  shift
done
if [[ $with_root == no && $with_conda == yes ]]; then wrong_usage; fi

for given in DBOT_LIBTORCH DBOT_ARROW DBOT_CHART_JS; do
  if [[ -n ${!given:-} ]]; then printf -v "$given" %s "$(realpath -m -- "${!given}")"; fi
done
cd "$checkout"
check_machine
mkdir -p build .deps 2>/dev/null || fail "$PWD cannot be written to"
# Two set-ups of one checkout wait for each other.
exec 9>.deps/lock
flock --nonblock 9 || { say "waiting for another set-up of this checkout" && flock 9; }
: >"$log"

if needs_libtorch && [[ -z $take_from ]]; then check_disk "$disk_for_everything_mb" "the set-up"; fi
if [[ -n $write_to ]]; then
  write_bundle "$write_to"
  exit 0
fi
if [[ -n $take_from ]]; then take_bundle "$take_from"; fi
choose_packages
fetch_libtorch
fetch_arrow
if [[ $with_configuration == yes ]]; then
  configure
  link_program
fi
if [[ $with_build == yes ]]; then build; fi
say "ready after $SECONDS s"
