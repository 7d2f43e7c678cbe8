#!/usr/bin/env bash
# Sets up, builds program and tests, checks format, changed sources and the kernels for aarch64, and runs
# all tests. Arguments go to ctest:
#   ./test.sh -L golden        the golden tests alone
#   ./test.sh -R data          tests whose name holds "data"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here/setup.sh" --tests
"$here/scripts/check_format.sh"
"$here/scripts/check_tidy.sh"
"$here/scripts/check_aarch64.sh"

# Real images for the tests that want them; those tests say so and skip where there are none.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dbot/data
if [[ -z ${DBOT_DATA_DIR:-} ]]; then
  if [[ -e $here/../shared/data/cifar10.tar.xz ]]; then
    "$here/scripts/unpack_data.sh" cifar10 >/dev/null
  fi
  if [[ -d $cache ]]; then export DBOT_DATA_DIR=$cache; fi
fi

# From the root of the checkout, so that relative arguments mean the same everywhere.
cd "$here"
tests=(ctest --test-dir build/release --output-on-failure)
if (($# > 0)); then exec "${tests[@]}" "$@"; fi
# Two at a time: many wait for processes that they have started. The fuzz targets come last, half a
# minute each: they wait for nobody.
"${tests[@]}" -LE fuzz -j2
"${tests[@]}" -L fuzz -j2
