#!/usr/bin/env bash
# Kills a two-stage run N times (kill -9) at random moments, goes on each time, and compares what it
# comes to, bit by bit, with an uninterrupted run.
#   scripts/kill_test.sh [N=100] [--precision fp32|bf16] [--data DIR] [--recipe R] [--program P]
#                        [--set key=value]… [--seed N]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

kills=100 precision=fp32 data='' recipe='' program=$here/build/release/dbot seed=1
settings=()
while (($#)); do
  case $1 in
    --precision) precision=$2; shift 2 ;;
    --data) data=$2; shift 2 ;;
    --recipe) recipe=$2; shift 2 ;;
    --program) program=$2; shift 2 ;;
    --set) settings+=(--set "$2"); shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    *) kills=$1; shift ;;
  esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -z $data ]]; then data=/usr/share/datasets/fashion-mnist; fi
if [[ ! -e $data ]]; then
  echo "kill_test: there is no $data; name images with --data" >&2
  exit 3
fi
if [[ -z $recipe ]]; then
  recipe=$work/two-stages.toml
  cat >"$recipe" <<'TOML'
[model]
image_size = 16
patch_size = 4
width = 32
depth = 2
heads = 2
[decoder]
width = 32
depth = 1
heads = 2
[stages]
count = 2
[schedule]
epochs = 2
warmup_epochs = 0.1
[optimizer]
clip_norm = 3.0
[train]
batch_size = 8
drop_path = 0.1
threads = 1
[data]
workers = 1
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[checkpoint]
every_steps = 2
[evaluate]
at_stage_ends = false
TOML
fi
export GOMP_SPINCOUNT=1000
RANDOM=$seed

run() { # FOLDER: trains there, from where it stands; in the background its number is the program's
  exec "$program" pretrain "$recipe" --data "$data" --out "$work/$1" --resume \
    --precision "$precision" "${settings[@]}" >"$work/$1.log" 2>&1
}

latest() { readlink "$work/killed/checkpoints/latest" 2>/dev/null || true; }

(run straight) || { cat "$work/straight.log" >&2; exit 1; }

killed=0 inside=0 resumed=0
while ((killed < kills)); do
  before=$(latest)
  run killed &
  process=$!
  # It must get on between two kills, or the run would never end; then any moment will do.
  while kill -0 "$process" 2>/dev/null && [[ $(latest) == "$before" ]]; do sleep 0.01; done
  sleep "0.$(printf '%03d' $((RANDOM % 100)))"
  if ! kill -9 "$process" 2>/dev/null; then
    wait "$process" || { cat "$work/killed.log" >&2; exit 1; }
    echo "the run ended after $killed kills; give it more steps" >&2
    exit 1
  fi
  wait "$process" 2>/dev/null || true
  killed=$((killed + 1))
  [[ -z $before ]] || resumed=$((resumed + 1))
  if compgen -G "$work/killed/checkpoints/.step-*" >/dev/null; then inside=$((inside + 1)); fi
done
(run killed) || { cat "$work/killed.log" >&2; exit 1; }
resumed=$((resumed + 1))

for file in model.safetensors checkpoints/latest/{student,teacher,optimizer}.safetensors; do
  cmp "$work/straight/$file" "$work/killed/$file" || exit 1
done
echo "$killed kills ($inside inside a checkpoint), $resumed resumes, $precision: the same bytes"
