#!/usr/bin/env bash
# Checks that every C++ file is formatted with clang-format 14 (other versions disagree in details);
# --fix formats them. Without version 14 it says so and succeeds.
label=format
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() { echo "Usage: scripts/check_format.sh [--fix]"; }

case ${1:-} in
  '') mode=(--dry-run -Werror) ;;
  --fix) mode=(-i) ;;
  *)
    help_or_go_on "$1"
    wrong_usage
    ;;
esac

formatter=
for candidate in clang-format-14 clang-format; do
  if "$candidate" --version 2>/dev/null | grep -q 'version 14\.'; then
    formatter=$candidate
    break
  fi
done
if [[ -z $formatter ]]; then
  say "notice: not checked, clang-format 14 is not installed"
  exit 0
fi

mapfile -t files < <(find apps dbot tests benchmarks examples \
  \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' \) 2>/dev/null | sort)
if ! "$formatter" "${mode[@]}" "${files[@]}"; then
  fail "the lines above are not formatted; run scripts/check_format.sh --fix"
fi
say "${#files[@]} files are formatted"
