#!/usr/bin/env bash
# Unpacks the data sets that tests and experiments want from ../shared/data/*.tar.xz into a cache
# outside the checkout, once each, and prints the cache's folder.
label=data
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/unpack_data.sh [NAME…]     (no NAME: all of them)

Environment:
  DBOT_ARCHIVES   folder of the archives (default: shared/data beside the checkout)
  DBOT_DATA_DIR   folder to unpack into (default: dbot/data in XDG_CACHE_HOME or ~/.cache)
TEXT
}

help_or_go_on "$@"
archives=${DBOT_ARCHIVES:-$checkout/../shared/data}
cache=${DBOT_DATA_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dbot/data}

[[ -d $archives ]] || fail "$archives is not a folder; name one with DBOT_ARCHIVES"
names=("$@")
if ((${#names[@]} == 0)); then
  for archive in "$archives"/*.tar.xz; do
    [[ -e $archive ]] || fail "$archives has no .tar.xz"
    names+=("$(basename "$archive" .tar.xz)")
  done
fi

mkdir -p "$cache/.stamps"
exec 9>"$cache/.stamps/lock"
flock 9
for name in "${names[@]}"; do
  archive=$archives/$name.tar.xz
  [[ -e $archive ]] || fail "$archive does not exist"
  # Size and time of the archive: a changed one is unpacked anew.
  stamp=$(stat -L -c '%s %Y' "$archive")
  if [[ -d $cache/$name && $(cat "$cache/.stamps/$name" 2>/dev/null) == "$stamp" ]]; then
    continue
  fi
  started=$SECONDS
  rm -rf "$cache/.partial"
  mkdir "$cache/.partial"
  tar -xJf "$archive" -C "$cache/.partial" || fail "$archive could not be unpacked into $cache"
  [[ -d $cache/.partial/$name ]] || fail "$archive holds no folder $name"
  rm -rf "${cache:?}/$name"
  mv "$cache/.partial/$name" "$cache/$name"
  rmdir "$cache/.partial"
  printf '%s\n' "$stamp" >"$cache/.stamps/$name"
  say "$name unpacked ($((SECONDS - started)) s)"
done
printf '%s\n' "$cache"
