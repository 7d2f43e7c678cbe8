#!/usr/bin/env bash
# Makes the packages of a build: dbot_*.deb, dbot-dev_*.deb and dbot-*.tar.gz.
label=package
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() {
  cat <<'TEXT'
Usage: scripts/package.sh [BUILD]

Builds BUILD (by default build/release, see setup.sh) and packs it into BUILD/packages/: two Debian
packages, dbot (the program, which runs by itself) and dbot-dev (the library), and one archive that
holds both and runs wherever it is unpacked.
TEXT
}

help_or_go_on "$@"
build=${1:-build/release}
if [[ ! -e $build/CMakeCache.txt ]]; then
  fail_with 2 "$build is no build folder; run ./setup.sh first"
fi
cmake --build "$build" --target installed_files
rm -rf "$build/packages"
log=$build/package.log
if ! (umask 022 && cd "$build" && cpack) >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  fail "packing failed; the lines above end $log"
fi
rm -rf "$build/packages/_CPack_Packages"
ls -l "$build/packages" >&2
