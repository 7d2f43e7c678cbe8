#!/usr/bin/env bash
# From an empty machine to a backbone that is worth something: sets up, builds, pre-trains the small
# recipe dbot/small-28 without labels and shows what it is worth with few of them.
label=quickstart
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./quickstart.sh [FOLDER]

Without a folder it takes Fashion-MNIST (the distribution's package dataset-fashion-mnist): ten minutes
of pre-training and evaluation on two cores, then the same network with 600 labels, from these weights and
from scratch.

With a folder of images, nested or not, it is dbot start FOLDER: half an hour on your images, with
sizes, rates and length chosen for them and this machine.
TEXT
}

help_or_go_on "$@"
if (($# > 1)); then wrong_usage; fi

if (($# == 1)); then
  if [[ ! -e $1 ]]; then fail_with 3 "$1 does not exist; expected a folder of images"; fi
  data=$(realpath -m -- "$1")
  cd "$checkout"
  ./setup.sh
  say "bin/dbot start $(printf '%q' "$data")"
  exec bin/dbot start "$data"
fi

data=/usr/share/datasets/fashion-mnist
cd "$checkout"
./setup.sh
# Where setup.sh unpacks packages without root, they are below .deps.
if [[ ! -e $data && -e .deps/sysroot$data ]]; then data=$PWD/.deps/sysroot$data; fi
if [[ ! -e $data ]]; then
  fail_with 3 "$data is not there (package dataset-fashion-mnist); name a folder: ./quickstart.sh FOLDER"
fi

dbot=bin/dbot
run=runs/quickstart-$(date +%Y%m%d-%H%M%S)
# The same command, with --resume, goes on after an interruption.
command=("$dbot" pretrain dbot/small-28 --data "$data" --seed 0 --out "$run")
shown=$(printf '%q ' "${command[@]}")
resume="${shown}--resume"

started=$SECONDS
# On Ctrl-C the program saves and stops by itself; this script only waits for it.
pretrain() {
  local status=0
  say "$shown"
  trap : INT
  "${command[@]}" || status=$?
  trap - INT
  case $status in
    0) return ;;
    75)
      say "stopped; to go on where it was:"
      say "  $resume"
      ;;
    *)
      if [[ -e $run/checkpoints/latest ]]; then
        say "error: the run failed ($status); from its last checkpoint it goes on with:"
        say "  $resume"
      else
        say "error: the run failed ($status); its message is above"
      fi
      ;;
  esac
  exit "$status"
}

# few_labels OPTION…: fine-tunes with 600 labels; prints the accuracy of the test images in percent.
few_labels() {
  local command=("$dbot" evaluate finetune --model "$run" --data "$data" --labels 1% --epochs 60 --seed 0
    --set evaluate.every_epochs=0 --out "$run/few-labels${1:-}" "$@")
  say "${command[*]}"
  "${command[@]}" --json | sed -n '$s/.*"top1": *\([0-9.]*\).*/\1/p'
}

pretrain
say "pre-trained and evaluated in $((SECONDS - started)) s"
finetuned=$(few_labels)
scratch=$(few_labels --from-scratch)
cat >&2 <<TEXT

With 600 labels, accuracy on 10,000 test images after fine-tuning the whole network:
  from these weights  $(printf '%.1f' "$finetuned") %
  from scratch        $(printf '%.1f' "$scratch") %
All took $((SECONDS - started)) seconds.

Run      $run
Page     $run/report.html
Weights  $run/model.safetensors

What to try next:
  $dbot start FOLDER                       your own images
  $dbot search --model $run --data FOLDER --query IMAGE --out neighbours
  $dbot inspect $run/model.safetensors
  $dbot recipes show dbot/small-28         every setting of this run
  docs/start.md                            how dbot start chooses
TEXT
