#!/usr/bin/env bash
# Fuzzes the readers of files with libFuzzer: scripts/fuzz.sh --help
label=fuzz
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() {
  cat <<'TEXT'
Usage: scripts/fuzz.sh [TARGET | all] [SECONDS]
       scripts/fuzz.sh --build

Fuzzes TARGET (a file of tests/fuzz/targets, by default all of them, two at a time) for SECONDS each
(by default 600), and ends with 1 where a reader broke; what broke it is kept in build/fuzz/found/.
Inputs that reach new code are kept in build/fuzz/corpus/ and used again the next time.
--build only builds the targets, into build/fuzz. Without clang++-14 it says so and ends with 77.
TEXT
}

# How many targets run side by side.
at_once=2
folder=build/fuzz

build() {
  if ! command -v clang++-14 >/dev/null; then
    say "notice: skipped, clang++-14 is not installed (packages clang-14 and libclang-rt-14-dev)"
    exit 77
  fi
  if ! echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
    clang++-14 -fsanitize=fuzzer,address -x c++ - -o /dev/null 2>/dev/null; then
    say "notice: skipped, clang++-14 has no libFuzzer (package libclang-rt-14-dev)"
    exit 77
  fi
  mkdir -p "$folder"
  # One build at a time, also where targets run side by side.
  exec 9>"$folder/lock"
  flock 9
  # The same LibTorch as the build that asks for it, unless another is named.
  if ! { cmake --preset fuzz "-DDBOT_LIBTORCH:PATH=${DBOT_LIBTORCH:-}" &&
    cmake --build --preset fuzz; } >"$folder/build.log" 2>&1; then
    tail -n 40 "$folder/build.log" >&2
    say "error: the build failed; the lines above end $folder/build.log"
    exit 1
  fi
  exec 9>&-
}

targets=()
for source in tests/fuzz/targets/*.cpp; do targets+=("$(basename "$source" .cpp)"); done

is_target() {
  local target
  for target in "${targets[@]}"; do [[ $target != "$1" ]] || return 0; done
  return 1
}

# fuzz TARGET SECONDS: one line of what it did, or the end of its log.
fuzz() {
  local target=$1 seconds=$2 log=$folder/$1.log dictionary=tests/fuzz/dictionaries/$1.dict
  local options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192
    -print_final_stats=1 -artifact_prefix="$folder/found/$target-")
  [[ ! -e $dictionary ]] || options+=(-dict="$dictionary")
  mkdir -p "$folder/corpus/$target" "$folder/found"
  # The module that reads videos is that of the usual build; without it that target has no work.
  if [[ -z ${DBOT_MODULES:-} && -e build/release/libdbot_video.so ]]; then
    export DBOT_MODULES=$PWD/build/release
  fi
  # Its files lie in memory, and what LibTorch allocates for good is no leak.
  if ! TMPDIR=$(memory_folder) ASAN_OPTIONS=allocator_may_return_null=0:detect_leaks=1 \
    OMP_NUM_THREADS=1 "$folder/fuzz_$target" "${options[@]}" "$folder/corpus/$target" \
    "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    say "error: $target: broken by the input under $folder/found/ that the lines above name; once" \
      "it is fixed, keep the input in tests/fuzz/corpus/$target/"
    return 1
  fi
  say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions in" \
    "$seconds s, $(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1) edges reached, clean"
}

memory_folder() {
  if [[ -w /dev/shm ]]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi
}

target=${1:-all}
seconds=${2:-600}
if [[ $target == --build ]]; then
  build
  exit 0
fi
help_or_go_on "$target"
if [[ ! $seconds =~ ^[0-9]+$ ]] || { [[ $target != all ]] && ! is_target "$target"; }; then
  usage >&2
  say "targets: ${targets[*]}"
  exit 2
fi

build
if [[ $target != all ]]; then
  fuzz "$target" "$seconds"
  exit
fi
failed=0 running=0
for target in "${targets[@]}"; do
  if ((running == at_once)); then
    wait -n || failed=1
    running=$((running - 1))
  fi
  fuzz "$target" "$seconds" &
  running=$((running + 1))
done
while ((running > 0)); do
  wait -n || failed=1
  running=$((running - 1))
done
exit "$failed"
