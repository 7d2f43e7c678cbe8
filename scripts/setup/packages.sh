# shellcheck shell=bash disable=SC2034,SC2154
# The distribution's packages: which are needed, which are missing, and three ways to get them: apt-get
# as root, unpacked without root (sysroot.sh), or out of a bundle (bundle.sh). setup.sh sources it.

# Needed to build the program; every name is the same on Debian 12 and Ubuntu 24.04.
compiler_packages=(g++)
tool_packages=(cmake ninja-build python3)
library_packages=(libfmt-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libjpeg-dev libpng-dev
  libtiff-dev libwebp-dev libzstd-dev zlib1g-dev libxxhash-dev libhwy-dev libgloo-dev
  libutf8proc-dev libjs-chart.js)
# What the tests need beside them (--tests), and ccache, which a second build is quick by.
test_packages=(libgtest-dev libgmock-dev xz-utils)
# Taken where the distribution has them: the quickstart's images; ccache. With --tests also the format
# check, and FFmpeg's libraries for libdbot_video.so: some hundred packages, which few need.
optional_packages=(dataset-fashion-mnist ccache)
optional_test_packages=(clang-format-14
  libavformat-dev libavcodec-dev libswscale-dev libavutil-dev)

without() {
  case $1 in
    ccache) echo "building again after small changes takes longer" ;;
    libav*-dev | libswscale-dev) echo "videos will not be read" ;;
    clang-format-14) echo "the format check will be skipped" ;;
    dataset-fashion-mnist) echo "quickstart.sh needs a folder of your own images" ;;
  esac
}

# missing_of PACKAGE…: those that are neither installed nor unpacked into the sysroot.
missing_of() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      grep -qsxF "$package" "$sysroot/dbot-packages" || printf '%s\n' "$package"
  done
}

# True once the optional packages were tried, so that one the distribution lacks is not sought again.
optional_settled() {
  printf '%s\n' "${wanted_optional[@]}" | cmp -s - .deps/optional-packages
}

# choose_packages: by the conda environment, unpacked or installed; what an earlier call was told holds.
choose_packages() {
  if [[ -s .deps/conda && $(<.deps/conda) == "${CONDA_PREFIX:-}" && $with_root == yes ]]; then with_conda=yes; fi
  if [[ $with_conda == yes ]]; then
    [[ -n ${CONDA_PREFIX:-} ]] || fail "no conda environment is active;" \
      "conda env create -f environment.yml && conda activate dbot makes one"
    packages_by_hand "packages: of the conda environment $CONDA_PREFIX"
    printf '%s\n' "$CONDA_PREFIX" >.deps/conda
    return
  fi
  if [[ -e $sysroot/dbot-packages ]]; then with_root=no; fi
  use_sysroot
  install_packages
}

install_packages() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    packages_by_hand "this distribution has no apt-get"
    return
  fi
  local wanted=("${tool_packages[@]}" "${library_packages[@]}") missing
  local wanted_optional=("${optional_packages[@]}") missing_optional
  if [[ $with_root == no ]]; then
    check_compiler
  else
    wanted=("${compiler_packages[@]}" "${wanted[@]}")
  fi
  if [[ $with_tests == yes ]]; then
    wanted+=("${test_packages[@]}")
    wanted_optional+=("${optional_test_packages[@]}")
  fi
  if { needs_libtorch || needs_arrow; } && ! python3 -m pip --version >/dev/null 2>&1; then
    wanted+=(python3-pip)
  fi
  mapfile -t missing < <(missing_of "${wanted[@]}")
  mapfile -t missing_optional < <(missing_of "${wanted_optional[@]}")
  if ((${#missing[@]} == 0)) && { ((${#missing_optional[@]} == 0)) || optional_settled; }; then
    say "packages: all there"
    return
  fi
  if [[ $with_root == no ]]; then
    unpack_missing
  else
    install_missing
  fi
  printf '%s\n' "${wanted_optional[@]}" >.deps/optional-packages
}

# packages_by_hand WHOSE: the user brings everything; tools are looked for here, the rest by CMake.
packages_by_hand() {
  local tool
  say "$1; dbot needs the equivalents of:" \
    "${compiler_packages[*]} ${tool_packages[*]} ${library_packages[*]}"
  for tool in "${CXX:-g++}" cmake ninja python3; do
    command -v "${tool%% *}" >/dev/null || fail "$tool is missing; install the packages named above"
  done
}

# Of install_packages: `missing` and `missing_optional`, by root.
install_missing() {
  local sudo=() apt=(apt-get)
  if ((EUID != 0)); then
    if command -v sudo >/dev/null; then
      sudo=(sudo)
    elif ((${#missing[@]} == 0)); then
      say "notice: not installed, for want of root or sudo: ${missing_optional[*]}"
      return
    else
      fail "installing needs root or sudo; run ./setup.sh --no-root, which unpacks the packages into" \
        ".deps, or ask for them: ${missing[*]}"
    fi
  fi
  begin_phase "packages: installing ${missing[*]} ${missing_optional[*]}"
  if has_bundle; then
    check_bundle
    bundle_apt
  fi
  apt+=(-o DPkg::Lock::Timeout=120)
  # Stale lists of other sources may fail to update; whether ours are found is seen below.
  "${sudo[@]}" "${apt[@]}" update >>"$log" 2>&1 </dev/null || true
  add_optional_found "${apt[@]:1}"
  if ((${#missing[@]} > 0)); then
    logged "installing packages" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" \
      install -y --no-install-recommends "${missing[@]}"
  fi
  end_phase "packages: done"
}

# add_optional_found APT-OPTION…: those of `missing_optional` that there are join `missing`.
add_optional_found() {
  local package
  for package in "${missing_optional[@]}"; do
    if [[ -n $(apt-cache "$@" madison "$package" 2>/dev/null) ]]; then
      missing+=("$package")
    else
      say "notice: there is no package $package here: $(without "$package")"
    fi
  done
}
