#!/usr/bin/env bash
# Compiles for aarch64 by the distribution's cross compiler: scripts/check_aarch64.sh --help
label=aarch64
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() {
  cat <<'TEXT'
Usage: scripts/check_aarch64.sh [--all | SOURCE… ]

Compiles the kernels (dbot/simd, dbot/ops/cpu/kernels, dbot/data/kernels, dbot/runtime/processor.cpp) to
objects for aarch64, warnings as errors: a minute on two cores. SOURCE… are other files or folders, of
which the syntax is checked alone; --all means dbot and apps, which takes an hour. Nothing is linked and
nothing runs. Needs g++-aarch64-linux-gnu; without it, it says so and succeeds.
TEXT
}

kernels=(dbot/simd dbot/ops/cpu/kernels dbot/data/kernels dbot/runtime/processor.cpp)
mode=(-O1 -c -o /dev/null)
if [[ ${1:-} == --all ]]; then
  kernels=(dbot apps) mode=(-fsyntax-only)
else
  help_or_go_on "$@"
  if (($# > 0)); then kernels=("$@") mode=(-fsyntax-only); fi
fi

compiler=aarch64-linux-gnu-g++
if ! command -v "$compiler" >/dev/null; then
  say "notice: not checked, $compiler is not installed (package g++-aarch64-linux-gnu)"
  exit 0
fi
libtorch=$(cmake "-DGIVEN=${DBOT_LIBTORCH:-.deps/libtorch/torch}" -P cmake/LibTorchFolder.cmake) ||
  fail "the lines above say why there is no LibTorch to take headers from; run ./setup.sh"

# As the build has it: what cmake/CompilerSettings.cmake says for Arm.
targets=$(sed -n 's/.*"\(HWY_DISABLED_TARGETS=(HWY_SVE.*\)").*/\1/p' cmake/CompilerSettings.cmake)
[[ -n $targets ]] || fail "cmake/CompilerSettings.cmake does not disable HWY_SVE for Arm"
options=(-march=armv8-a+crypto -std=c++20 -fopenmp -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-restrict -Werror -I.
  -DAT_PER_OPERATOR_HEADERS "-D$targets" '-DDBOT_VERSION="0"'
  -isystem "${DBOT_ARROW:-.deps/arrow/pyarrow}/include" -idirafter "$libtorch/include"
  # jconfig.h, tiffconf.h and the like: the same for both, which count bits and bytes alike.
  -idirafter "/usr/include/$(gcc -print-multiarch)")
mapfile -t sources < <(find "${kernels[@]}" -name '*.cpp' -not -name '*_absent.cpp' | sort)
((${#sources[@]} > 0)) || fail "there is no source in ${kernels[*]}"
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 1 -P "$(nproc)" "$compiler" "${options[@]}" "${mode[@]}" ||
  fail "the lines above are errors for aarch64; instructions of x86 belong behind __x86_64__"
say "${#sources[@]} sources compile"
