#!/usr/bin/env bash
# Checks that every C++ file is formatted with clang-format 14 (other versions disagree in details);
# --fix formats them. Without version 14 it says so and succeeds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
  '') mode=(--dry-run -Werror) ;;
  --fix) mode=(-i) ;;
  *)
    echo "Usage: scripts/check_format.sh [--fix]" >&2
    exit 2
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
  echo "[format] notice: not checked, clang-format 14 is not installed" >&2
  exit 0
fi

mapfile -t files < <(find apps dbot tests benchmarks examples \
  \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' \) 2>/dev/null | sort)
if ! "$formatter" "${mode[@]}" "${files[@]}"; then
  echo "[format] error: the lines above are not formatted; run scripts/check_format.sh --fix" >&2
  exit 1
fi
echo "[format] ${#files[@]} files are formatted" >&2
