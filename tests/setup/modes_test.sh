#!/usr/bin/env bash
# What setup.sh configures and builds: the program alone for users, tests where they are asked for.
source tests/setup/support.sh

fake_cmake "$work/tools"
# All packages are there.
cat >"$work/tools/dpkg-query" <<'TEXT'
#!/bin/sh
echo installed
TEXT
printf '#!/bin/sh\n' >"$work/tools/apt-get"
printf '#!/bin/sh\n' >"$work/tools/apt-cache"
chmod +x "$work/tools/"*
export PATH=$work/tools:$PATH
calls=$work/cmake-calls

fresh() {
  rm -rf "$work/checkout" "$calls"
  make_checkout "$work/checkout"
}
set_up() {  # set_up WHAT ARGUMENT…
  local what=$1
  shift
  : >"$calls"
  ends "$what" 0 "$work/checkout/setup.sh" "$@"
}

fresh
set_up "a user's set-up"
expect "a user's set-up" "-DDBOT_BUILD_TESTS:BOOL=OFF -DDBOT_WERROR:BOOL=OFF" "$calls"
expect "a user's set-up" "--build --preset release --target dbot" "$calls"
[[ $(readlink "$work/checkout/bin/dbot") == ../build/release/dbot ]] || complain "bin/dbot is no link"
set_up "tests after it" --tests
expect "tests after it: nothing is compiled again" \
  "-DDBOT_BUILD_TESTS:BOOL=ON -DDBOT_WERROR:BOOL=OFF" "$calls"
expect_none "tests after it" "--target" "$calls"

fresh
set_up "tests first" --tests
expect "tests first" "-DDBOT_BUILD_TESTS:BOOL=ON -DDBOT_WERROR:BOOL=ON" "$calls"
set_up "a user's set-up after tests"
expect "a user's set-up after tests" "-DDBOT_BUILD_TESTS:BOOL=ON -DDBOT_WERROR:BOOL=ON" "$calls"
expect "a user's set-up after tests" "--target dbot" "$calls"
mv "$work/checkout" "$work/moved"
mkdir "$work/checkout"
mv "$work/moved" "$work/checkout/deeper"
: >"$calls"
ends "a checkout that was moved" 0 "$work/checkout/deeper/setup.sh" --no-build
expect "a checkout that was moved" "--fresh --preset release" "$calls"
expect "a checkout that was moved" "-DDBOT_BUILD_TESTS:BOOL=ON -DDBOT_WERROR:BOOL=ON" "$calls"

fresh
set_up "dependencies alone" --deps-only
[[ ! -s $calls ]] || complain "dependencies alone: $(<"$calls")"
for arguments in "--no-root --conda" --bundle --from --unknown name; do
  read -ra list <<<"$arguments"
  ends "wrong usage: $arguments" 2 "$work/checkout/setup.sh" "${list[@]}"
done
ends "no bundle" 1 "$work/checkout/setup.sh" --from "$work/nothing.tar"
expect "no bundle" "nothing.tar does not exist; expected a bundle" "$work/said"
ends "another file" 1 "$work/checkout/setup.sh" --from "$work/checkout/setup.sh"
expect "another file" "setup.sh is no bundle" "$work/said"

fresh
ends "no environment" 1 "$work/checkout/setup.sh" --conda
expect "no environment" "conda env create -f environment.yml" "$work/said"
export CONDA_PREFIX=$work/environment
set_up "an environment" --conda --no-build
expect "an environment" "-DCMAKE_PREFIX_PATH:PATH=$work/environment" "$calls"
set_up "an environment, once made" --no-build
expect "an environment, once made" "-DCMAKE_PREFIX_PATH:PATH=$work/environment" "$calls"
CONDA_PREFIX=$work/another set_up "another environment" --no-build
expect_none "another environment" "CMAKE_PREFIX_PATH" "$calls"
ends "no compiler" 1 env CXX=no-such-compiler "$work/checkout/setup.sh" --conda --no-build
expect "no compiler" "no-such-compiler is missing" "$work/said"
finish
