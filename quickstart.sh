#!/usr/bin/env bash
# From an empty machine to an evaluated backbone: sets up, builds, pre-trains the small recipe
# dbot/quick in two stages and shows what the network has learnt.
label=quickstart
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./quickstart.sh [FOLDER]

FOLDER holds JPEG or PNG images, nested or not; without it, Fashion-MNIST of the distribution's
package dataset-fashion-mnist is taken. Where it has class folders, the run ends with the accuracy
of raw pixels, the untrained network and each stage.
TEXT
}

help_or_go_on "$@"
if (($# > 1)); then wrong_usage; fi

fashion_mnist=/usr/share/datasets/fashion-mnist
data=${1:-$fashion_mnist}
if (($# == 1)) && [[ ! -e $data ]]; then
  fail_with 3 "$data does not exist; expected a folder of images"
fi
data=$(realpath -m -- "$data")

cd "$checkout"
./setup.sh
# Where setup.sh unpacks packages without root, they are below .deps.
if [[ ! -e $data && -e .deps/sysroot$data ]]; then data=$PWD/.deps/sysroot$data; fi
if [[ ! -e $data ]]; then
  fail_with 3 "$data is not there (package dataset-fashion-mnist); name a folder: ./quickstart.sh FOLDER"
fi

dbot=bin/dbot
shown_data=$(printf '%q' "$data")
run=runs/quickstart-$(date +%Y%m%d-%H%M%S)
# The same command, with --resume, goes on after an interruption.
command=("$dbot" pretrain dbot/quick --data "$data" --seed 0 --out "$run")
shown=$(printf '%q ' "${command[@]}")
say "$shown"

started=$SECONDS
status=0
# On Ctrl-C the program saves and stops by itself; this script only waits for it.
trap : INT
"${command[@]}" || status=$?
trap - INT

resume="${shown}--resume"
case $status in
  0) ;;
  75)
    say "stopped; to go on where it was:"
    say "  $resume"
    exit 75
    ;;
  *)
    if [[ -e $run/checkpoints/latest ]]; then
      say "error: the run failed ($status); from its last checkpoint it goes on with:"
      say "  $resume"
    else
      say "error: the run failed ($status); its message is above"
    fi
    exit "$status"
    ;;
esac

say "trained and evaluated in $((SECONDS - started)) s"
cat >&2 <<TEXT

Run      $run
Weights  $run/model.safetensors

What to try next:
  $dbot inspect $run/model.safetensors
  $dbot evaluate knn --model $run --data $shown_data
  $dbot evaluate linear --model $run --data $shown_data
  $dbot embed --help
  $dbot recipes show dbot/quick        every setting of this run
  docs/quickstart.md                   your own images, longer runs
TEXT
