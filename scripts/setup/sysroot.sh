# shellcheck shell=bash disable=SC2034,SC2154
# Packages without root: downloaded and checked by apt-get with lists of its own, unpacked into
# .deps/sysroot, where CMake looks first (cmake/Sysroot.cmake). Nothing is installed. setup.sh sources it.

# private_apt: sets `apt` to an apt-get that reads the system's sources and keys, and writes into
# .deps/apt alone.
private_apt() {
  mkdir -p .deps/apt/state/lists/partial .deps/apt/cache/archives/partial
  apt=(apt-get -o "Dir::State=$PWD/.deps/apt/state" -o "Dir::Cache=$PWD/.deps/apt/cache"
    -o "Dir::State::status=${DPKG_ADMINDIR:-/var/lib/dpkg}/status"
    -o Debug::NoLocking=true -o APT::Sandbox::User=root)
}

# A compiler needs the C library's files in their own place: unpacked elsewhere it does not work.
check_compiler() {
  local compiler=${CXX:-g++}
  command -v "${compiler%% *}" >/dev/null ||
    fail "there is no C++ compiler ($compiler), and none can be unpacked without root; ask for g++ to be" \
      "installed, or name one: CXX=/path/to/g++ ./setup.sh --no-root"
}

# Of install_packages: `missing` and `missing_optional`, unpacked.
unpack_missing() {
  local tool apt
  for tool in dpkg-deb tar; do
    command -v "$tool" >/dev/null || fail "$tool is missing; unpacking packages needs it"
  done
  begin_phase "packages: unpacking into $sysroot: ${missing[*]} ${missing_optional[*]}"
  private_apt
  if has_bundle; then
    check_bundle
    bundle_apt
  fi
  "${apt[@]}" update >>"$log" 2>&1 </dev/null || true
  add_optional_found "${apt[@]:1}"
  if ((${#missing[@]} > 0)); then
    rm -f .deps/apt/cache/archives/*.deb
    logged "downloading packages" "${apt[@]}" install --download-only -y --no-install-recommends \
      "${missing[@]}"
    logged "unpacking packages" unpack_archives .deps/apt/cache/archives
    printf '%s\n' "${missing[@]}" >>"$sysroot/dbot-packages"
    rm -rf .deps/apt
    use_sysroot
  fi
  end_phase "packages: done"
}

# unpack_archives FOLDER: its .deb files into the sysroot.
unpack_archives() {
  local archive folder
  mkdir -p "$sysroot/usr"
  # As on the system itself, so that /lib/… and /usr/lib/… are one place.
  for folder in bin sbin lib lib64; do
    mkdir -p "$sysroot/usr/$folder"
    ln -sfn "usr/$folder" "$sysroot/$folder"
  done
  for archive in "$1"/*.deb; do
    echo "$archive"
    dpkg-deb --fsys-tarfile "$archive" |
      tar -x --keep-directory-symlink --no-same-owner -C "$sysroot" || return 1
  done
  mend_links
}

# Packages name files by their place on the system: links to those that were unpacked are turned to
# them, and libraries that the system has already are linked to from beside the unpacked headers.
mend_links() {
  local link target place name library
  while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    if [[ $target == /* && -e $sysroot$target ]]; then
      ln -srfn "$sysroot$target" "$link"
    elif [[ $target != /* && ! -e $link && $link == *.so ]]; then
      place=${link#"$sysroot"}
      place=${place%/*}
      name=${link##*/}
      for library in "$place/${target%%.so*}.so"* "${place#/usr}/${target%%.so*}.so"*; do
        name=$(dirname "$link")/${library##*/}
        if [[ -e $library && ! -e $name ]]; then ln -sfn "$library" "$name"; fi
      done
    fi
  done < <(find "$sysroot" -type l -print0)
}

# The tools that were unpacked, behind those of the system; the program finds its libraries by itself.
use_sysroot() {
  [[ -e $sysroot/dbot-packages ]] || return 0
  export PATH=$PATH:$PWD/$sysroot/usr/bin
  if [[ -e $sysroot/usr/bin/cmake || -e $sysroot/usr/bin/python3 ]]; then
    local libraries
    libraries=$PWD/$sysroot/usr/lib/$(uname -m)-linux-gnu
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries
  fi
  if [[ -d $sysroot/usr/lib/python3/dist-packages/pip ]]; then
    export PYTHONPATH=${PYTHONPATH:+$PYTHONPATH:}$PWD/$sysroot/usr/lib/python3/dist-packages
  fi
  # Installing ca-certificates writes this list; unpacked, they are as many files.
  if [[ ! -e /etc/ssl/certs/ca-certificates.crt && -d $sysroot/usr/share/ca-certificates ]]; then
    find "$sysroot/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$sysroot/ca-certificates.crt"
    export PIP_CERT=${PIP_CERT:-$PWD/$sysroot/ca-certificates.crt}
  fi
}
