#!/usr/bin/env bash
# scripts/gpu_check.sh with made-up programs: verdicts, limits, and that no phase stops the next.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "error: $*" >&2
  exit 1
}

# program NAME: one that does what stdin says.
program() {
  (echo '#!/bin/bash' && cat) >"$work/programs/$1"
  chmod +x "$work/programs/$1"
}
mkdir "$work/programs"
program dbot <<'SH'
case $1 in
  doctor) echo '{"device": "cpu", "GPU": "none", "NVIDIA driver": "none"}' ;;
  recipes) echo '| `train.steps` |' ;;
  bench) sleep 60 ;;
esac
SH
program golden <<<'echo "mae step 1e-7 1e-6 ok"'
program test_network <<<'echo "a kernel differs"; exit 1'

# check OPTION…: the script's exit code and what it prints.
check() {
  status=0
  said=$(scripts/gpu_check.sh --out "$work/out" --programs "$work/programs" "$@" 2>&1) || status=$?
}
expect() { [[ $said =~ $1 ]] || fail "expected $1 in: $said"; }

check --device cpu machine golden ops graph
((status == 1)) || fail "a failed phase ends with $status"
expect 'machine +ok .*device cpu; none'
expect 'golden +ok .*1 files ok'
expect 'ops +FAILED .*operations differ'
expect 'graph +not built .*no key train.graph'
[[ $(tail -n 1 "$work/out/verdicts.txt") == graph* ]] || fail "the table does not end with the last phase"
grep -q 'a kernel differs' "$work/out/log.txt" || fail "the log lacks what a phase said"
grep -q '"phase": "machine"' "$work/out/results.jsonl" || fail "the figures of a phase are not kept"

check --device cpu machine golden
((status == 0)) || fail "phases that are ok end with $status: $said"

# What computes on the CPU alone does not pass for a GPU.
check --device cuda golden ops graph
((status == 1)) || fail "what is not built passes"
expect 'golden +not built'
expect 'ops +not built'

check --device cpu --limit 1 memory golden
expect 'memory +over its limit'
expect 'golden +ok'

check --device cpu nonsense
((status == 2)) || fail "a phase that is none ends with $status"
check --device gpu golden
((status == 2)) || fail "a device that is none ends with $status"
