# shellcheck shell=bash disable=SC2034,SC2154
# What the scripts begin with; they source it. `label` is the script's name in what it says, `usage`
# prints its help.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '[%s] %s\n' "$label" "$*" >&2; }

# fail TEXT…: says why, and ends the script with 1. fail_with STATUS TEXT…: with another status.
fail() { fail_with 1 "$@"; }
fail_with() {
  say "error: ${*:2}"
  exit "$1"
}

wrong_usage() {
  usage >&2
  exit 2
}

# help_or_go_on ARGUMENT…: answers --help, and refuses another option in the first place.
help_or_go_on() {
  case ${1:-} in
    --help | -h)
      usage
      exit 0
      ;;
    -*) wrong_usage ;;
  esac
}
