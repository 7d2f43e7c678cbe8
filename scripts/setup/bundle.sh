# shellcheck shell=bash disable=SC2034,SC2154
# Everything for a machine without a network, in one tar: the checkout, LibTorch and Arrow as .deps has
# them, and the distribution's packages as a repository for apt-get in .deps/bundle. setup.sh sources it.

bundle=.deps/bundle
disk_for_bundle_mb=1200  # the packages, and the tar that everything goes into

has_bundle() { [[ -e $bundle/about ]]; }

# What a bundle is for: packages of one release do not fit another one.
this_distribution() {
  local ID=unknown VERSION_ID=
  # shellcheck source=/dev/null
  source /etc/os-release
  echo "$ID $VERSION_ID $(dpkg --print-architecture)"
}

check_bundle() {
  [[ $(this_distribution) == "$(<"$bundle/about")" ]] ||
    fail "the bundle's packages are for $(<"$bundle/about"), this machine is $(this_distribution);" \
      "make a bundle on a machine like this one, or remove $bundle to use the network"
}

# bundle_apt: lets the apt-get in `apt` read the bundle's packages and nothing else.
bundle_apt() {
  mkdir -p .deps/apt/lists/partial
  echo "deb [trusted=yes] copy:${PWD// /%20}/$bundle/packages ./" >.deps/apt/bundle.list
  apt+=(-o "Dir::State::lists=$PWD/.deps/apt/lists" -o "Dir::Etc::sourcelist=$PWD/.deps/apt/bundle.list"
    -o Dir::Etc::sourceparts=- -o APT::Sandbox::User=root)
}

# fetch_packages: what a machine may lack that has nothing beyond its base system, as a repository.
fetch_packages() {
  local apt wanted=() missing=() missing_optional=()
  missing_optional=("${optional_packages[@]}" "${optional_test_packages[@]}")
  begin_phase "packages: downloading all that a new machine may lack"
  rm -rf .deps/apt "$bundle.partial"
  mkdir -p .deps/apt "$bundle.partial/packages"
  private_apt
  : >.deps/apt/nothing-installed
  apt+=(-o "Dir::State::status=$PWD/.deps/apt/nothing-installed")
  "${apt[@]}" update >>"$log" 2>&1 </dev/null || true
  add_optional_found "${apt[@]:1}"
  wanted=("${compiler_packages[@]}" "${tool_packages[@]}" "${library_packages[@]}"
    "${test_packages[@]}" "${missing[@]}")
  logged "downloading packages" "${apt[@]}" install --download-only -y --no-install-recommends \
    "${wanted[@]}"
  mv .deps/apt/cache/archives/*.deb "$bundle.partial/packages/"
  write_index "$bundle.partial/packages" >"$bundle.partial/Packages"
  mv "$bundle.partial/Packages" "$bundle.partial/packages/"
  this_distribution >"$bundle.partial/about"
  rm -rf .deps/apt "$bundle"
  mv "$bundle.partial" "$bundle"
  end_phase "packages: $(find "$bundle/packages" -name '*.deb' | wc -l) downloaded"
}

# write_index FOLDER: the list that apt-get reads of a repository in one folder.
write_index() {
  local archive
  for archive in "$1"/*.deb; do
    dpkg-deb -f "$archive"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$(basename "$archive")" \
      "$(stat -c %s "$archive")" "$(sha256sum <"$archive" | cut -d ' ' -f 1)"
  done
}

# write_bundle FILE: all of it, as the folder dbot/.
write_bundle() {
  local file=$1 list=.deps/bundle-files tool parts=("$bundle/about" "$bundle/packages" "$libtorch")
  for tool in apt-get dpkg-deb python3; do
    command -v "$tool" >/dev/null || fail "$tool is missing; a bundle is made on a Debian or Ubuntu with it"
  done
  [[ -z ${DBOT_LIBTORCH:-}${DBOT_ARROW:-} ]] ||
    fail "a bundle carries LibTorch and Arrow of .deps; unset DBOT_LIBTORCH and DBOT_ARROW"
  ! { needs_libtorch || needs_arrow; } || python3 -m pip --version >/dev/null 2>&1 ||
    fail "pip is missing, which downloads LibTorch; install python3-pip"
  [[ -d $(dirname "$file") ]] || fail "$(dirname "$file") is no folder; expected one to write the bundle in"
  check_disk "$disk_for_bundle_mb" "the bundle" "$(dirname "$file")"
  fetch_libtorch
  fetch_arrow
  fetch_packages
  begin_phase "bundle: writing $file"
  checkout_files >"$list"
  if ! needs_arrow; then parts+=("$arrow"); fi
  logged "writing the bundle" tar -cf "$file.partial" --transform='flags=rSh;s,^,dbot/,' "${parts[@]}" \
    --null --files-from="$list"
  mv "$file.partial" "$file"
  rm -rf "$list" "$bundle"
  end_phase "bundle: $(du -m "$file" | cut -f 1) MB"
  say "on the other machine: tar -xf $(basename "$file") && cd dbot && ./setup.sh"
}

# The checkout's own files, each with a zero byte behind it.
checkout_files() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z | while IFS= read -r -d '' file; do
      if [[ -e $file || -L $file ]]; then printf '%s\0' "$file"; fi
    done
  else
    find . -mindepth 1 \( -path ./.deps -o -path ./build -o -path ./runs -o -path ./bin -o -path ./.cache \) \
      -prune -o \( -type f -o -type l \) -printf '%P\0'
  fi
}

# take_bundle FILE: LibTorch, Arrow and packages of a bundle for this checkout.
take_bundle() {
  local file=$1 part
  [[ -e $file ]] || fail "$file does not exist; expected a bundle that ./setup.sh --bundle has written"
  tar -xOf "$file" --occurrence=1 dbot/.deps/bundle/about >/dev/null 2>>"$log" ||
    fail "$file is no bundle; expected one that ./setup.sh --bundle has written"
  begin_phase "bundle: unpacking $file"
  rm -rf .deps/partial
  mkdir -p .deps/partial
  logged "unpacking the bundle" tar -xf "$file" -C .deps/partial --strip-components=2 --no-same-owner \
    dbot/.deps
  for part in .deps/partial/*; do
    rm -rf ".deps/${part##*/}"
    mv "$part" .deps/
  done
  rm -rf .deps/partial
  end_phase "bundle: done"
  ! needs_libtorch ||
    say "notice: the bundle's LibTorch is not what this checkout names; make a bundle of this checkout"
}
