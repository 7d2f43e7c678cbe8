#!/usr/bin/env bash
# check_install.sh BUILD LIBTORCH [ARROW]: installs what BUILD holds into a temporary folder, builds the
# example against it with find_package and runs it on a few images.
set -euo pipefail
build=$1 libtorch=$2 arrow=${3:-}
fail() {
  echo "[package] error: $*" >&2
  exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/moved
for component in program development; do
  cmake --install "$build" --prefix "$work/installed" --component "$component" >/dev/null
done
# Nothing in it may know where it was installed.
mv "$work/installed" "$prefix"

# The private copy of LibTorch is 380 MB; here a link stands for it.
ln -s "$libtorch" "$prefix/lib/dbot/libtorch"
[[ -z $arrow ]] || ln -s "$arrow" "$prefix/lib/dbot/arrow"

strays=$(cd "$prefix" && find . -path '*tests*' -o -path './*apps*' -o -name '*.cpp' -not -path './share/dbot/examples/*')
[[ -z $strays ]] || fail "installed, but of no use to anybody: $strays"
for private in nlohmann fmt toml CLI png jpeg gtest; do
  ! grep -rlE "^#include <$private" "$prefix/include" || fail "a public header includes $private"
done

"$prefix/bin/dbot" recipes >/dev/null || fail "the installed program does not run"
# The module that reads videos is a package of its own.
said=$(DBOT_MODULES='' "$prefix/bin/dbot" data stats tests/data/video/files --videos 2>&1 || true)
[[ $said == *"install the package dbot-video"* ]] || fail "a video without its module: $said"
if [[ -e $build/libdbot_video.so ]]; then
  cmake --install "$build" --prefix "$work/video" --component video >/dev/null
  cp "$work/video/lib/dbot/libdbot_video.so" "$prefix/lib/dbot/"
  said=$(DBOT_INDEX=off "$prefix/bin/dbot" data stats tests/data/video/files --videos 2>&1 || true)
  [[ $said == *h264* ]] || fail "a video with its module: $said"
fi
# So is the one for GPUs.
said=$(DBOT_MODULES='' "$prefix/bin/dbot" doctor || true)
[[ $said == *"libdbot_cuda.so, which is in none of"* ]] || fail "doctor without the module: $said"
if [[ -e $build/libdbot_cuda.so ]]; then
  cmake --install "$build" --prefix "$work/cuda" --component cuda >/dev/null
  cp "$work/cuda/lib/dbot/libdbot_cuda.so" "$prefix/lib/dbot/"
  ! readelf -d "$prefix/lib/dbot/libdbot_cuda.so" | grep -qE 'R(UN)?PATH' ||
    fail "the module for GPUs knows where it was built"
  said=$("$prefix/bin/dbot" doctor || true)
  [[ $said == *"CUDA module"*"$prefix"*"lib/dbot/libdbot_cuda.so"* ]] ||
    fail "doctor with the module: $said"
fi

cmake -G Ninja -S tests/package/consumer -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_PREFIX_PATH="$prefix" \
  -DEXAMPLE="$prefix/share/dbot/examples/pretrain" >"$work/log" 2>&1 ||
  fail "find_package(dbot): $(tail -n 20 "$work/log")"
cmake --build "$work/build" >"$work/log" 2>&1 || fail "the example: $(tail -n 40 "$work/log")"

mkdir "$work/images"
cp tests/data/fixtures/*.jpg tests/data/fixtures/*.png "$work/images"
"$work/build/pretrain" "$work/images" "$work/run" schedule.total_steps=4 train.batch_size=4 \
  model.width=48 model.depth=2 data.max_bad_fraction=0 >"$work/out"
grep -q '^step 4 ' "$work/out" || fail "the example made no steps: $(cat "$work/out")"
grep -q ': 48 features, ' "$work/out" || fail "the example embedded nothing: $(cat "$work/out")"
cat "$work/out"
