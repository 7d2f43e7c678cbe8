#!/usr/bin/env bash
# What a machine with a GPU has to show, a phase at a time: scripts/gpu_check.sh --help
label=gpu_check
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() {
  cat <<'TEXT'
Usage: scripts/gpu_check.sh --out DIR [--device cuda|cpu] [--programs DIR] [--peers DIR] [--data DIR] [--limit SECONDS] [PHASE…]
       scripts/gpu_check.sh --carry DIR

Runs the phases (by default all of them) one after the other. Each has a limit of its own; one that fails
does not stop the next. DIR gets what they said (log.txt), their figures (results.jsonl) and the table
of verdicts (verdicts.txt), which is also the last thing that is printed. A phase whose code does not
exist yet says "not built". The exit code is 0 only where every phase is ok.

  machine   driver, LibTorch, programs: does the module load, is there a device?
  golden    the numbers of the reference implementations
  ops       the operation table
  graph     30 steps plain and as a graph: the same weights
  resume    kill -9 and resume: the same weights
  memory    peak memory beside the plan that is made before
  step      a training step beside the official code's
  run       a training of real images, with k-NN at its end

  --device    cuda, or cpu: the same phases where there is no GPU, some minutes each
  --programs  where dbot, golden, test_network and the module lie (build/release)
  --peers     what benchmarks/peers/setup.sh makes (build/peers)
  --limit     for each phase, in place of its own limit
  --data      a folder with Fashion-MNIST's test images (/usr/share/datasets/fashion-mnist)

--carry makes DIR, less than 50 MB, for a machine that has this checkout, PyTorch and nvcc, but neither
the packages of dbot nor a network: stripped programs without Arrow, their small libraries, data, the
peers' sources. There: scripts/gpu_check.sh --out OUT --carried DIR PHASE…
TEXT
}

phases=(machine golden ops graph resume memory step run)
# Seconds on a GPU; a processor gets many times that.
declare -A limits=([machine]=30 [golden]=60 [ops]=45 [graph]=30 [resume]=40 [memory]=40 [step]=150 [run]=90)
times_on_cpu=20

out='' carry='' one_limit=''
export device=cuda programs=build/release peers=build/peers
export data=/usr/share/datasets/fashion-mnist
wanted=()
while (($#)); do
  case $1 in
    --out) out=$2; shift 2 ;;
    --carry) carry=$2; shift 2 ;;
    --carried) programs=$2/programs peers=$2/peers data=$2/data; shift 2 ;;
    --device) device=$2; shift 2 ;;
    --programs) programs=$2; shift 2 ;;
    --peers) peers=$2; shift 2 ;;
    --data) data=$2; shift 2 ;;
    --limit) one_limit=$2; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    -*) wrong_usage ;;
    *) wanted+=("$1"); shift ;;
  esac
done
if [[ -n $carry ]]; then exec scripts/gpu_check/carry.sh "$carry"; fi
[[ -n $out ]] || wrong_usage
[[ $device == cuda || $device == cpu ]] || fail_with 2 "--device is $device, expected cuda or cpu"
((${#wanted[@]})) || wanted=("${phases[@]}")
for phase in "${wanted[@]}"; do
  [[ -n ${limits[$phase]:-} ]] || fail_with 2 "there is no phase $phase; there are ${phases[*]}"
done

mkdir -p "$out"
out=$(realpath "$out")
export results=$out/results.jsonl
log=$out/log.txt
: >"$log"
: >"$results"
source scripts/gpu_check/libraries.sh

# verdict_of STATUS: what a phase's exit code means.
verdict_of() {
  case $1 in
    0) echo ok ;;
    77) echo 'not built' ;;
    124 | 137) echo 'over its limit' ;;
    *) echo FAILED ;;
  esac
}

bad=0
rows=()
for phase in "${wanted[@]}"; do
  limit=${limits[$phase]}
  [[ $device == cuda ]] || limit=$((limit * times_on_cpu))
  limit=${one_limit:-$limit}
  say "$phase (at most $limit s)"
  printf '\n==== %s ====\n' "$phase" >>"$log"
  from=$(wc -l <"$log")
  start=$SECONDS status=0
  timeout --kill-after 5 "$limit" scripts/gpu_check/phase.sh "$phase" >>"$log" 2>&1 </dev/null || status=$?
  ((status == 0)) || bad=1
  last=$(tail -n "+$((from + 1))" "$log" | grep -v '^[[:space:]]*$' | tail -n 1 || true)
  rows+=("$(printf '%-8s %-15s %5d s  %s' "$phase" "$(verdict_of "$status")" $((SECONDS - start)) "${last:0:140}")")
  say "${rows[-1]}"
done

printf '%s\n' "on $device, $(date -u +%F), $(uname -m)" "${rows[@]}" | tee "$out/verdicts.txt"
exit $bad
