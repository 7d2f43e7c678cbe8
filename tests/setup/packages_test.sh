#!/usr/bin/env bash
# Packages without root, and bundles: by the real apt-get and dpkg-deb, from a repository of made-up
# packages, on a machine that says it has none of them; without a network where that can be had.
source tests/setup/support.sh
for tool in apt-get apt-cache dpkg-deb dpkg-query; do
  command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
offline=()
if unshare -n true 2>/dev/null; then offline=(unshare -n); fi
triple=$(gcc -print-multiarch)

# ---- A repository ----
mkdir -p "$work/repository" "$work/admin/info" "$work/admin/updates"
: >"$work/admin/status"
make_package() {  # make_package NAME DEPENDS: of what lies in $work/package
  mkdir -p "$work/package/DEBIAN"
  printf '%s\n' "Package: $1" "Version: 1.0" "Architecture: all" "Maintainer: nobody" \
    "Description: made up" ${2:+"Depends: $2"} >"$work/package/DEBIAN/control"
  dpkg-deb --build -Zgzip "$work/package" "$work/repository/$1.deb" >/dev/null
  rm -r "$work/package"
}
libraries=$work/package/usr/lib/$triple
make_checkout "$work/checkout"
# shellcheck source=/dev/null
source "$work/checkout/scripts/setup/packages.sh"
# shellcheck disable=SC2154
names="${compiler_packages[*]} ${tool_packages[*]} ${library_packages[*]} ${test_packages[*]}"
# shellcheck disable=SC2154
names+=" ${optional_packages[*]} ${optional_test_packages[*]}"
for name in $names; do
  mkdir -p "$work/package/usr/share/doc/$name"
  echo "$name" >"$work/package/usr/share/doc/$name/about"
  depends=
  case $name in
    libfmt-dev)  # headers, and links as such packages have them
      depends=made-up-runtime
      mkdir -p "$libraries" "$work/package/lib/$triple"
      ln -s "/usr/lib/$triple/libmade_up.so.1" "$libraries/libmade_up.so"
      ln -s libm.so.6 "$libraries/libinstalled.so"
      touch "$work/package/lib/$triple/in_lib"
      ;;
    dataset-fashion-mnist) rm -r "$work/package" && continue ;;  # this distribution has none
  esac
  make_package "$name" "$depends"
done
mkdir -p "$libraries"
touch "$libraries/libmade_up.so.1"
make_package made-up-runtime ""
for archive in "$work/repository/"*.deb; do
  dpkg-deb -f "$archive"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${archive##*/}" "$(stat -c %s "$archive")" \
    "$(sha256sum <"$archive" | cut -d ' ' -f 1)"
done >"$work/Packages"
mv "$work/Packages" "$work/repository/"
echo "deb [trusted=yes] copy:$work/repository ./" >"$work/sources.list"
sources_at() { printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "-";\n' "$1" >"$work/apt.conf"; }
sources_at "$work/sources.list"
export APT_CONFIG=$work/apt.conf DPKG_ADMINDIR=$work/admin
fake_cmake "$work/tools"
export PATH=$work/tools:$PATH

# ---- Without root ----
cp -r "$work/checkout" "$work/clean"
cd "$work/checkout"
ends "no compiler" 1 env CXX=/no/compiler ./setup.sh --no-root --no-build
expect "no compiler" "there is no C++ compiler (/no/compiler), and none can be unpacked" "$work/said"
ends "without root" 0 "${offline[@]}" ./setup.sh --no-root --no-build
expect "without root" "there is no package dataset-fashion-mnist here: quickstart.sh needs" "$work/said"
sysroot=.deps/sysroot
for name in cmake libfmt-dev libjs-chart.js; do
  [[ -e $sysroot/usr/share/doc/$name/about ]] || complain "without root: $name is not unpacked"
done
[[ ! -e $sysroot/usr/share/doc/g++ ]] || complain "without root: the compiler is unpacked"
[[ ! -e $sysroot/usr/share/doc/libgtest-dev ]] || complain "without root: tests nobody asked for"
[[ -e $sysroot/usr/lib/$triple/in_lib ]] || complain "/lib and /usr/lib are two places"
link=$(realpath "$sysroot/usr/lib/$triple/libmade_up.so")
[[ $link == "$(realpath $sysroot)"/* ]] || complain "an absolute link leads out of the sysroot: $link"
[[ -e $sysroot/usr/lib/$triple/libinstalled.so ]] ||
  complain "a link to a library that the system has leads nowhere"
[[ ! -e .deps/apt ]] || complain "without root: .deps/apt was left behind"

mv "$work/repository" "$work/gone"
ends "again" 0 ./setup.sh --no-build
expect "again" "packages: all there" "$work/said"
ends "tests, with the repository gone" 1 ./setup.sh --tests --no-build
mv "$work/gone" "$work/repository"
ends "tests" 0 ./setup.sh --tests --no-build
[[ -e $sysroot/usr/share/doc/libgtest-dev/about ]] || complain "tests: libgtest-dev is not unpacked"

# ---- A bundle ----
cd "$work/clean"
mkdir -p build/release runs/one
touch build/release/object runs/one/weights 'a file'
ends "a bundle" 0 "${offline[@]}" ./setup.sh --bundle "$work/out.tar"
tar -tf "$work/out.tar" >"$work/list"
for member in setup.sh 'a file' .deps/libtorch/torch/lib/libtorch_cpu.so .deps/arrow/dbot-stamp \
  .deps/bundle/packages/g++ .deps/bundle/packages/made-up-runtime; do
  expect "a bundle" "dbot/$member" "$work/list"
done
for stray in build/release/object runs/one .deps/lock .deps/sysroot; do
  expect_none "a bundle" "dbot/$stray" "$work/list"
done

sources_at /dev/null
mkdir -p "$work/elsewhere"
cd "$work/elsewhere"
tar -xf "$work/out.tar"
ends "the unpacked folder" 0 "${offline[@]}" dbot/setup.sh --no-root --no-build
[[ -e dbot/$sysroot/usr/share/doc/libpng-dev/about ]] || complain "the unpacked folder: no libpng-dev"
rm -r dbot/.deps dbot/build
ends "a checkout with a bundle" 0 "${offline[@]}" dbot/setup.sh --no-root --no-build --from "$work/out.tar"
[[ -e dbot/$sysroot/usr/share/doc/libpng-dev/about ]] || complain "a checkout with a bundle: no libpng-dev"
rm -r dbot/$sysroot
echo "debian 99 $(dpkg --print-architecture)" >dbot/.deps/bundle/about
ends "another release" 1 dbot/setup.sh --no-root --no-build
expect "another release" "the bundle's packages are for debian 99" "$work/said"
ends "a folder that is none" 1 dbot/setup.sh --bundle "$work/no/out.tar"
finish
