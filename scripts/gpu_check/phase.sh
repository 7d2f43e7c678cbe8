#!/usr/bin/env bash
# One phase of gpu_check.sh, which sets device, programs, peers, data and results. The last line that it
# prints stands in the table of verdicts. Exit code 77: what it runs does not exist yet.
label=phase
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
cd "$checkout"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dbot=$programs/dbot

# not_built TEXT…: ends the phase.
not_built() {
  echo "$*"
  exit 77
}

# knows PROGRAM WORD: whether a program's code has the word, such as a variable that it reads.
knows() { grep -qF "$2" "$programs/$1"; }

# figure JSON KEY: a number or text of a JSON object; empty if it has no such key.
figure() { python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get(sys.argv[2], ""))' "$1" "$2"; }

# keep JSON: a line more in the results.
keep() { python3 -c 'import json, sys; print(json.dumps({"phase": sys.argv[1], **json.loads(sys.argv[2])}))' "$phase" "$1" >>"$results"; }

machine() {
  uname -a
  ldd --version | head -n 1
  if [[ $device == cuda ]]; then nvidia-smi; fi
  python3 -c 'import torch; print("torch", torch.__version__, torch.__path__[0])' || true
  local said
  said=$("$dbot" doctor --json) || { "$dbot" doctor; fail "dbot doctor finds problems"; }
  "$dbot" doctor
  keep "$said"
  local chosen
  chosen=$(figure "$said" device)
  [[ $chosen == "$device"* ]] || [[ $device == cpu ]] || fail "dbot chooses $chosen"
  echo "device $chosen; $(figure "$said" GPU); $(figure "$said" 'NVIDIA driver')"
}

golden() {
  [[ $device == cpu ]] || knows golden DBOT_TEST_DEVICES || not_built 'golden computes on the CPU alone'
  DBOT_TEST_DEVICES=$device "$programs/golden" >"$work/golden" || { cat "$work/golden"; fail "numbers differ"; }
  cat "$work/golden"
  echo "$(grep -c ' ok$' "$work/golden") files ok, $(grep -c 'not built' "$work/golden") of them not built"
}

ops() {
  [[ $device == cpu ]] || knows test_network DBOT_TEST_DEVICES || not_built 'the operation table knows the CPU alone'
  DBOT_TEST_DEVICES=$device "$programs/test_network" \
    --gtest_filter='*OperationTable*:AdamWUpdate.*:AssembleTokens.*:MeanTokenLoss.*:TransformerBlock*:FlatUpdates.*' \
    >"$work/ops" || { cat "$work/ops"; fail "operations differ"; }
  cat "$work/ops"
  grep 'test suites\? ran' "$work/ops"
}

# train RUN STEPS OPTION…: a small training on real images.
train() {
  local run=$1 steps=$2
  shift 2
  "$dbot" pretrain dbot/quick --data "$data" --out "$work/$run" --steps "$steps" --seed 1 \
    --set evaluate.every_epochs=0 --set evaluate.at_stage_ends=false "$@" --json
}

graph() {
  "$dbot" recipes keys | grep -q 'train\.graph' || not_built 'recipes have no key train.graph'
  if [[ $device == cpu ]]; then
    local status=0
    train refused 2 --device cpu --set train.graph=on || status=$?
    ((status == 2)) || fail "the CPU has no graphs, and train.graph = on ends with $status"
    echo 'the CPU refuses train.graph = on, as it should'
    return
  fi
  for mode in off on; do train "$mode" 30 --device "$device" --set "train.graph=$mode" | tail -n 1; done
  cmp "$work/off/model.safetensors" "$work/on/model.safetensors" || fail 'a graph changes the weights'
  echo '30 steps plain and as a graph: the same bytes'
}

resume() {
  scripts/kill_test.sh 2 --program "$(realpath "$dbot")" --data "$data" --set "train.device=$device" \
    --set schedule.total_steps=200
}

# peak_of RECIPE BATCH KEY OPTION…: the JSON of two steps, whose KEY is there.
peak_of() {
  local recipe=$1 batch=$2 key=$3 said
  shift 3
  said=$("$dbot" bench step "$recipe" --batch "$batch" --steps 2 --set "train.device=$device" "$@" --json | tail -n 1)
  [[ -n $(figure "$said" "$key") ]] || return 77
  keep "$said"
  echo "$said"
}

memory() {
  # On the CPU the peak counts program and libraries, which the plan of a bench does not.
  local recipe=dbot/tiny-32 batch=64 peak=peak_memory_bytes planned=planned_memory_bytes tolerance=0.4
  if [[ $device == cuda ]]; then
    recipe=mae/vit-l16 peak=device_peak_memory_bytes planned=device_planned_memory_bytes tolerance=0.1
  fi
  local said less
  said=$(peak_of "$recipe" "$batch" $peak) || not_built 'bench step does not measure the memory of a device'
  less=$(peak_of "$recipe" "$batch" $peak --set train.recompute=blocks) || not_built 'recipes have no key train.recompute'
  python3 - "$recipe" "$(figure "$said" $peak)" "$(figure "$said" $planned)" "$tolerance" "$(figure "$less" $peak)" <<'PYTHON'
import sys
recipe, (peak, planned, tolerance, less) = sys.argv[1], map(float, sys.argv[2:])
print(f"{recipe}: peak {peak / 2**20:.0f} MiB, planned {planned / 2**20:.0f} MiB, {peak / planned:.2f}; "
      f"blocks computed twice: {less / 2**20:.0f} MiB")
sys.exit(abs(peak / planned - 1) > tolerance or less >= peak)
PYTHON
}

step() {
  local case=dbot/tiny-32/fp32/64
  if [[ $device == cuda ]]; then
    grep -q -- '--device' benchmarks/peers/compare.py || not_built 'the comparison with the peers knows the CPU alone'
    case=dbot/vit-b16/bf16/256
  fi
  [[ -x $peers/venv/bin/python && -d $peers/dbot ]] || not_built "no peers in $peers; benchmarks/peers/setup.sh makes them"
  benchmarks/peers/compare.py --device "$device" --case "$case" --rounds 3 --json "$work/step.json" --dbot "$dbot" --peers "$peers"
}

run() {
  local said figures steps=300 least=55
  [[ $device == cuda ]] || steps=60 least=40
  said=$(train run "$steps" --device "$device" | tail -n 1)
  keep "$said"
  figures=$("$dbot" evaluate knn --model "$work/run" --data "$data" --json | tail -n 1)
  keep "$figures"
  python3 - "$said" "$figures" "$steps" "$least" <<'PYTHON'
import json, sys
run, evaluation = json.loads(sys.argv[1]), json.loads(sys.argv[2])
steps, least = int(sys.argv[3]), float(sys.argv[4])
print(f"{run['steps']} steps, loss {run['loss']:.3f}, {run['images_per_second']:.0f} images/s, "
      f"waiting for data {100 * run['data_wait_fraction']:.0f} %, k-NN {evaluation['top1']:.1f} %")
sys.exit(not (run["steps"] == steps and evaluation["top1"] >= least))
PYTHON
}

phase=$1
"$phase"
