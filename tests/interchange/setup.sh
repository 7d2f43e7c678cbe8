#!/usr/bin/env bash
# Gets the packages that tests/interchange runs on: PyTorch, timm, transformers, ONNX Runtime and
# safetensors, for the CPU, in .deps/interchange (1.8 GB, 0.6 GB of it to download). Never needed to build
# or to run dbot. Safe to run again: what is there is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

environment=.deps/interchange
log=.deps/interchange.log
mkdir -p .deps
# Two set-ups of one checkout wait for each other.
exec 9>.deps/interchange.lock
flock 9
printf '[interchange] %s: set-up; log: %s\n' "$environment" "$log" >&2
if ! scripts/python_environment.sh "$environment" benchmarks/peers/requirements.txt \
  tests/interchange/requirements.txt -- torch timm transformers onnxruntime safetensors \
  >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  printf '[interchange] error: the lines above end %s; without the environment the tests skip\n' "$log" >&2
  exit 1
fi
printf '[interchange] %s: complete\n' "$environment" >&2
