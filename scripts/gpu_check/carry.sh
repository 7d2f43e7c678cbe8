#!/usr/bin/env bash
# carry.sh DIR: makes the folder for scripts/gpu_check.sh --carried on a machine that has this checkout
# and PyTorch, and no package of dbot.
label=carry
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
cd "$checkout"
most_megabytes=50
build=build/carry
programs=(dbot golden test_network)
data=${data:-/usr/share/datasets/fashion-mnist}
peers=${peers:-build/peers}
target=$1

# Arrow's libraries are larger than all else, and no phase reads Parquet.
mkdir -p "$build/no-arrow"
cmake --preset release -B "$build" -DDBOT_ARROW="$checkout/$build/no-arrow" -DDBOT_VIDEO=OFF >&2
wanted=("${programs[@]}")
if cmake --build "$build" --target help | grep -q '^dbot_cuda:'; then wanted+=(dbot_cuda); fi
cmake --build "$build" --target "${wanted[@]}" >&2

rm -rf "$target"
mkdir -p "$target"/{programs,libraries,data,peers}
for program in "${programs[@]}"; do strip -o "$target/programs/$program" "$build/$program"; done
if [[ -e $build/libdbot_cuda.so ]]; then
  strip -o "$target/programs/libdbot_cuda.so" "$build/libdbot_cuda.so"
else
  say "there is no nvcc here: without the module, only --device cpu will run there"
fi

# What every machine has, and what comes with PyTorch, stays.
of_the_machine='^(linux-vdso|ld-linux|lib(c|m|dl|rt|util|pthread|stdc\+\+|gcc_s)\.so)'
of_pytorch='^lib(torch|c10|gomp|cupti|cudart)'
ldd "${programs[@]/#/$build/}" | awk '/=>/ {print $1, $3}' | sort -u |
  grep -vE "$of_the_machine|$of_pytorch" | while read -r name path; do
    [[ -e $path ]] || fail "$name is not found"
    cp -L "$path" "$target/libraries/$name"
  done

cp "$data"/t10k-*.gz "$target/data/" || fail "$data lacks Fashion-MNIST's test images; name it by the variable data"
for name in mae dbot; do
  if [[ -d $peers/$name ]]; then
    git -C "$peers/$name" archive --prefix "$name/" HEAD -- '*.py' | tar -x -C "$target/peers"
  else
    say "no $name in $peers (benchmarks/peers/setup.sh): no comparison with it there"
  fi
done
# The comparison starts this one; there it is the machine's.
mkdir -p "$target/peers/venv/bin"
printf '#!/bin/sh\nexec python3 "$@"\n' >"$target/peers/venv/bin/python"
chmod +x "$target/peers/venv/bin/python"

megabytes=$(du -sm "$target" | cut -f 1)
du -sh "$target"/* >&2
((megabytes < most_megabytes)) || fail "$target has $megabytes MB, expected less than $most_megabytes"
say "$target has $megabytes MB"
