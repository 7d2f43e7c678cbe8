#!/usr/bin/env bash
# Gets what dbot is compared with: a Python environment with PyTorch and timm, and the reference
# implementations of MAE and dBOT, unchanged. Safe to run again: what is there is left alone.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: benchmarks/peers/setup.sh [FOLDER]

Makes FOLDER (default: build/peers, 1.6 GB, 0.6 GB of it to download) with
  venv/   Python 3.11 or later with the versions of benchmarks/peers/requirements.txt, for the CPU
  mae/    facebookresearch/mae at a fixed commit
  dbot/   liuxingbin/dbot at a fixed commit

Environment:
  DBOT_PEERS_MAE, DBOT_PEERS_DBOT   a git repository, local or not, in place of GitHub's
TEXT
}

mae_commit=efb2a8062c206524e35e47d04501ed4f544c0ae8
dbot_commit=db3b15ecb186a552c9fb64b39169f5b3696adca7

say() { printf '[peers] %s\n' "$*" >&2; }

fail() {
  printf '[peers] error: %s\n' "$*" >&2
  exit 1
}

# logged WHAT COMMAND…: runs the command with its output in the log. A failure shows the end of the
# log and ends the set-up.
logged() {
  local what=$1 start
  shift
  start=$(($(wc -l <"$log") + 1))
  "$@" >>"$log" 2>&1 </dev/null && return 0
  tail -n "+$start" "$log" | tail -n 20 >&2
  fail "$what failed; the lines above end $log"
}

make_environment() {
  if cmp -s "$here/requirements.txt" "$folder/venv/requirements.txt"; then
    say "Python: there"
    return
  fi
  say "Python: installing PyTorch and timm"
  logged "the Python environment" "$here/../../scripts/python_environment.sh" "$folder/venv" \
    "$here/requirements.txt" -- torch timm
}

# fetch_repository NAME COMMIT SOURCE: a clean checkout of the commit in FOLDER/NAME.
fetch_repository() {
  local name=$1 commit=$2 source=$3 target=$folder/$1
  if [[ $(git --git-dir "$target/.git" rev-parse HEAD 2>/dev/null) == "$commit" ]] &&
    git -C "$target" diff --quiet HEAD; then
    say "$name: there"
    return
  fi
  say "$name: cloning $source"
  rm -rf "$folder/partial" "$target"
  logged "git clone $source" env GIT_TERMINAL_PROMPT=0 \
    git clone --quiet --no-checkout -- "$source" "$folder/partial"
  logged "git checkout of $name" git -C "$folder/partial" checkout --quiet --detach "$commit"
  mv "$folder/partial" "$target"
}

case ${1:-} in
  --help | -h)
    usage
    exit 0
    ;;
  -*)
    usage >&2
    exit 2
    ;;
esac
if (($# > 1)); then
  usage >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/../../build/peers}
mkdir -p "$folder" 2>/dev/null || fail "$folder cannot be written to"
folder=$(cd "$folder" && pwd)
log=$folder/setup.log
# Two set-ups of one folder wait for each other.
exec 9>"$folder/lock"
flock --nonblock 9 || { say "waiting for another set-up of $folder" && flock 9; }
: >"$log"

make_environment
fetch_repository mae "$mae_commit" "${DBOT_PEERS_MAE:-https://github.com/facebookresearch/mae}"
fetch_repository dbot "$dbot_commit" "${DBOT_PEERS_DBOT:-https://github.com/liuxingbin/dbot}"
say "ready: $folder"
