# shellcheck shell=bash disable=SC2034,SC2154
# Configures and builds the preset `release`. setup.sh sources it.

# cached OPTION: what the build folder was configured with; empty where there is none.
cached() { sed -n "s/^$1:[A-Z]*=//p" build/release/CMakeCache.txt 2>/dev/null || true; }

# Users get the program alone, and warnings do not stop them. Tests, once asked for, stay. What a build
# folder says of warnings stays, too: another answer would compile everything again.
configure() {
  local options=() tests=OFF warnings cache=build/release/CMakeCache.txt
  if [[ $with_tests == yes || $(cached DBOT_BUILD_TESTS) == ON ]]; then tests=ON; fi
  warnings=$(cached DBOT_WERROR)
  if [[ -z $warnings && $with_tests == yes ]]; then warnings=ON; fi
  # A checkout that was moved keeps its objects but needs a new configuration.
  if [[ -e $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
    options=(--fresh)
  fi
  options+=(--preset release "-DDBOT_LIBTORCH:PATH=${DBOT_LIBTORCH:-}" "-DDBOT_ARROW:PATH=${DBOT_ARROW:-}"
    "-DDBOT_BUILD_TESTS:BOOL=$tests" "-DDBOT_WERROR:BOOL=${warnings:-OFF}")
  if [[ $with_conda == yes ]]; then options+=("-DCMAKE_PREFIX_PATH:PATH=$CONDA_PREFIX"); fi
  if [[ -n ${DBOT_CHART_JS:-} ]]; then options+=("-DDBOT_CHART_JS:FILEPATH=$DBOT_CHART_JS"); fi
  logged "configuring" cmake "${options[@]}"
}

# The program at a path that stays, for people and documents; the link leads somewhere once it is built.
link_program() {
  mkdir -p bin
  ln -sfn ../build/release/dbot bin/dbot
}

build() {
  local what="the program" minutes=9 command=(cmake --build --preset release)
  if [[ $with_tests == yes ]]; then
    what="program and tests" minutes=14
  else
    command+=(--target dbot)
  fi
  [[ -e build/release/dbot ]] || check_disk "$disk_for_build_mb" "the build"
  begin_phase "build: $what into build/release (up to $minutes minutes on two cores the first time)"
  if [[ -t 2 ]]; then
    # At a terminal ninja shows one line of progress, and errors by itself.
    NINJA_STATUS='[setup] build: %f of %t, %e s ' "${command[@]}" >&2 ||
      fail "the build failed; the lines above say why"
  else
    logged "building" "${command[@]}"
  fi
  end_phase "build: done"
}
