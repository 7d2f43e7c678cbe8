#!/usr/bin/env bash
# Checks packages as somebody meets them who has nothing else of dbot: scripts/check_package.sh --help
label=package
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$checkout"

usage() {
  cat <<'TEXT'
Usage: scripts/check_package.sh ROOT [PACKAGES]

Installs the Debian packages of PACKAGES (by default build/release/packages, see scripts/package.sh)
into ROOT, pre-trains, evaluates and embeds there, builds the find_package example against them, and
runs the archive from a folder of its own. ROOT is the root of a clean Debian, 12 or later, or Ubuntu:

    debootstrap --variant=minbase bookworm ROOT

Of another release than this machine's, it is only the program that is checked: the library is compiled
code for the headers of one release.
Needs to be root itself, and a package server that ROOT's sources.list reaches.
TEXT
}

help_or_go_on "$@"
if (($# < 1 || $# > 2)); then wrong_usage; fi
root=$(realpath "$1")
packages=$(realpath "${2:-build/release/packages}")
[[ $root != / && -x $root/usr/bin/apt-get ]] || fail "$root is not the root of a Debian"
shopt -s nullglob
debs=("$packages"/dbot_*.deb "$packages"/dbot-dev_*.deb)
archives=("$packages"/dbot-*.tar.gz)
((${#debs[@]} == 2 && ${#archives[@]} == 1)) ||
  fail "$packages does not hold two Debian packages and one archive; run scripts/package.sh"

# inside COMMAND…: in the root, with nothing of this machine's environment.
inside() { env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
  chroot "$root" "$@"; }

leave() { mountpoint -q "$root/proc" && umount "$root/proc"; }
trap leave EXIT
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"

# ---- What is in them ----
for package in "${debs[@]}"; do
  files=$(dpkg-deb -c "$package")
  ! grep -qE '^.{8}w' <<<"$files" || fail "$package holds files that everybody may write"
  ! grep -qvE ' root/root |^$' <<<"$files" || fail "$package holds files that are not root's"
  ! grep -qE ' \./(home|tmp|root|usr/local)/' <<<"$files" || fail "$package installs into odd places"
done
! dpkg-deb -f "${debs[0]}" Depends | grep -oE 'lib(fmt|hwy|tomlplusplus|png16|jpeg)[a-z0-9.-]*' >&2 ||
  fail "${debs[0]} depends on the packages above, which have other names in other releases"
say "$(du -ch "${debs[@]}" "${archives[@]}" | awk '{printf "%s %s; ", $1, $2}')"

# ---- The program, installed by dpkg, its dependencies by apt ----
rm -rf "$root/check" && mkdir -p "$root/check/archive" "$root/check/images"
cp "${debs[@]}" "$root/check/"
cp tests/data/fixtures/*.jpg tests/data/fixtures/*.png "$root/check/images/"
mkdir -p "$root/check/labelled"/{train,test}/{jpeg,png}
cp tests/data/fixtures/*.jpg "$root/check/labelled/train/jpeg/"
cp tests/data/fixtures/*.png "$root/check/labelled/train/png/"
cp -r "$root/check/labelled/train/." "$root/check/labelled/test/"
inside apt-get update >/dev/null
inside dpkg -i "/check/$(basename "${debs[0]}")" >/dev/null 2>&1 || true
inside apt-get install -y --no-install-recommends -f >/dev/null
[[ $(inside dpkg-query -W -f='${db:Status-Status}' dbot) == installed ]] || fail "dbot is not installed"

# Nothing may be found outside of the package and the distribution.
elsewhere=$(inside sh -c 'ldd /usr/bin/dbot /usr/lib/dbot/libtorch/lib/* /usr/lib/dbot/libraries/*' |
  grep -E 'not found|=> /(usr/local|opt|home|root)' || true)
[[ -z $elsewhere ]] || fail "libraries are missing or not the package's: $elsewhere"
private='$ORIGIN/../lib/dbot'
for file in "$root"/usr/bin/dbot "$root"/usr/lib/dbot/libtorch/lib/* "$root"/usr/lib/dbot/libraries/*; do
  paths=$(readelf -d "$file" | sed -n 's/.*R\(UN\)\?PATH.*\[\(.*\)\]/\2/p')
  [[ -z $paths || $paths == '$ORIGIN' ||
    $paths == "$private/libtorch/lib:$private/arrow:$private/libraries" ]] ||
    fail "$file looks for libraries in $paths"
done

# main_job PROGRAM RUN: what the program is for, on sixteen images.
main_job() {
  inside "$1" pretrain dbot/quick --data /check/images --out "$2" --steps 4 \
    --set train.batch_size=4 --json >/dev/null
  inside "$1" evaluate knn --model "$2" --data /check/labelled --json | tail -n 1 | grep -q '"top1"'
  inside "$1" embed --model "$2" --data /check/images --out "$2/features.csv" >/dev/null
  (($(wc -l <"$root$2/features.csv") > 10))
}
inside dbot doctor >/dev/null
main_job dbot /check/run
say "dbot pre-trains, evaluates and embeds where nothing else is installed"

# ---- The module for GPUs ----
cuda=("$packages"/dbot-cuda_*.deb)
if ((${#cuda[@]} == 1)); then
  inside dbot doctor | grep -q 'libdbot_cuda.so, which is in none of' ||
    fail "dbot alone does not say that the module for GPUs is missing"
  cp "${cuda[0]}" "$root/check/"
  inside dpkg -i "/check/$(basename "${cuda[0]}")" >/dev/null
  inside dbot doctor | grep -q '/usr/lib/dbot/libdbot_cuda.so' || fail "dbot-cuda is not found"
  inside dpkg -r dbot-cuda >/dev/null
  say "dbot-cuda installs, and is found"
fi

# ---- The archive, unpacked elsewhere ----
tar -xzf "${archives[0]}" -C "$root/check/archive" --strip-components=1
inside dpkg -r dbot >/dev/null
[[ ! -e $root/usr/bin/dbot && ! -e $root/usr/lib/dbot ]] || fail "dpkg -r leaves files behind"
main_job /check/archive/bin/dbot /check/archive-run
say "the archive runs where it is unpacked"

# ---- The library ----
release_of() { sed -n 's/^\(ID\|VERSION_ID\)=//p' "$1/etc/os-release"; }
if [[ $(release_of "$root") != "$(release_of "")" ]]; then
  say "all good; the library is not checked, $root is of another release than this machine"
  exit 0
fi
inside apt-get install -y --no-install-recommends "/check/$(basename "${debs[0]}")" \
  "/check/$(basename "${debs[1]}")" g++ cmake make >/dev/null
inside cmake -S /usr/share/dbot/examples/pretrain -B /check/example >/dev/null
inside cmake --build /check/example >/dev/null
inside /check/example/pretrain /check/images /check/example-run schedule.total_steps=2 \
  train.batch_size=4 | grep -q ': 96 features, '
say "the example builds with find_package(dbot) and runs"
say "all good"
