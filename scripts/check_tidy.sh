#!/usr/bin/env bash
# Looks for bugs with clang-tidy 14 in what has changed: scripts/check_tidy.sh --help
label=tidy
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() {
  cat <<'TEXT'
Usage: scripts/check_tidy.sh [--all | BASE]

Checks the sources that differ from BASE (a commit; by default where this branch left main, or on main
the last commit), at most 20 of them: each takes ten seconds and more. --all checks every source, which
takes half an hour on two cores. Without clang-tidy-14 it says so and succeeds.
TEXT
}

most=20

if [[ ${1:-} == --all ]]; then
  base=
else
  help_or_go_on "$@"
  base=${1:-default}
fi

if ! command -v clang-tidy-14 >/dev/null; then
  say "notice: not checked, clang-tidy-14 is not installed"
  exit 0
fi
# GCC's own options are none of clang's.
options=(--quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option)

# configure FOLDER UNITY: only for the commands that compile each source.
configure() {
  cmake -G Ninja -B "$1" -DDBOT_UNITY="$2" "-DDBOT_LIBTORCH:PATH=${DBOT_LIBTORCH:-}" . >/dev/null
}

# check FOLDER SOURCE…: as many at a time as there are processors; findings go to stdout.
check() {
  local folder=$1
  shift
  printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 -p "$folder" "${options[@]}" \
    2>"$folder/tidy.log" && return 0
  grep -v ' warnings generated' "$folder/tidy.log" >&2 || true
  fail "the lines above are findings; correct them, or say in the line why not:" \
    "// NOLINT(check): reason"
}

if [[ -z $base ]]; then
  # In batches: most of the time goes into headers, which a batch reads once.
  build=build/tidy-all
  configure "$build" ON
  options+=('--header-filter=(dbot|apps|tests)/[^ ]*[.](h|cpp)$' --checks=-bugprone-suspicious-include)
  mapfile -t batches < <(sed -n 's/^  "file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" |
    grep -v '/embedded_' | sort -u)
  check "$build" "${batches[@]}"
  say "${#batches[@]} batches of all sources are clean"
  exit 0
fi

# One command a source: unity batches have none.
build=build/tidy
configure "$build" OFF

# The sources to look at: those that changed, and those beside a header that changed.
changed() {
  if [[ $base == default ]]; then
    base=$(git merge-base HEAD main 2>/dev/null || git rev-parse 'HEAD~1' 2>/dev/null || echo HEAD)
    [[ $base != "$(git rev-parse HEAD)" ]] || base=$(git rev-parse 'HEAD~1' 2>/dev/null || echo HEAD)
  fi
  git diff --name-only --diff-filter=d "$base" -- apps dbot tests | sed -n 's/\.\(h\|cpp\)$/.cpp/p'
}
if ! git rev-parse --git-dir >/dev/null 2>&1; then
  say "notice: not checked, this is no git checkout; scripts/check_tidy.sh --all checks everything"
  exit 0
fi
mapfile -t sources < <(changed | sort -u | while read -r source; do
  if [[ -e $source ]] && grep -qF "/$source\"" "$build/compile_commands.json"; then echo "$source"; fi
done)
if ((${#sources[@]} > most)); then
  say "notice: ${#sources[@]} sources have changed, the first $most are checked"
  sources=("${sources[@]:0:most}")
fi
if ((${#sources[@]} == 0)); then
  say "no source has changed"
  exit 0
fi

check "$build" "${sources[@]}"
say "${#sources[@]} sources are clean"
