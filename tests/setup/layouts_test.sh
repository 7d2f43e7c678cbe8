#!/usr/bin/env bash
# DBOT_LIBTORCH: each layout that LibTorch comes in is found, by setup.sh and by CMake; others are refused.
# conda-forge's libtorch puts libraries, headers and CMake files below the environment itself
# (conda-forge/pytorch-cpu-feedstock, recipe/build.sh); its pytorch, and pip's, live in site-packages.
source tests/setup/support.sh

mkdir -p "$work/places"
cd "$work/places"
fake_libtorch plain 2.11
fake_libtorch "with pip/lib/python3.12/site-packages/torch" 2.12
fake_libtorch conda 2.13
mkdir -p conda/share/cmake/Torch conda/lib/python3.11/site-packages/torch/lib
ln -s ../../../../libtorch_cpu.so conda/lib/python3.11/site-packages/torch/lib/
fake_libtorch debian/lib/python3/dist-packages/torch 2.11
fake_libtorch old 2.10
fake_libtorch older 2.5
rm older/include/torch/headeronly/version.h
mkdir -p "no headers/lib" empty
touch "no headers/lib/libtorch_cpu.so"

cat >CMakeLists.txt <<TEXT
cmake_minimum_required(VERSION 3.25)
project(layouts LANGUAGES NONE)
include($root/cmake/LibTorch.cmake)
get_target_property(location LibTorch::cpu IMPORTED_LOCATION)
get_target_property(options LibTorch::cpu INTERFACE_COMPILE_OPTIONS)
message(STATUS "library: \${location}")
message(STATUS "options: \${options}")
TEXT

found() {  # found GIVEN FOLDER
  ends "$1" 0 cmake "-DGIVEN=$PWD/$1" -P "$root/cmake/LibTorchFolder.cmake"
  [[ $(<"$work/said") == "$PWD/$2" ]] || complain "$1: found $(<"$work/said"), expected $2"
  ends "$1 in a project" 0 cmake -S . -B "$work/build" "-DDBOT_LIBTORCH=$PWD/$1"
  expect "$1 in a project" "library: $PWD/$2/lib/libtorch_cpu.so" "$work/said"
  expect "$1 in a project" "-idirafter $PWD/$2/include" "$work/said"
}
found plain plain
found "with pip" "with pip/lib/python3.12/site-packages/torch"
found conda conda
found debian debian/lib/python3/dist-packages/torch

refused() {  # refused GIVEN WORDS
  ends "$1" 1 cmake "-DGIVEN=$PWD/$1" -P "$root/cmake/LibTorchFolder.cmake"
  tr -s ' \n' ' ' <"$work/said" >"$work/line"
  expect "$1" "$2" "$work/line"
  ends "$1 in a project" 1 cmake -S . -B "$work/build" "-DDBOT_LIBTORCH=$PWD/$1"
}
refused old "is version 2.10, expected 2.11 or later"
refused older "is older than 2.11"
refused "no headers" "has no lib/libtorch_cpu.so with its headers"
refused empty "nor a torch/ folder that has them under lib/python3.*/site-packages"

# setup.sh takes the folder that was meant, and says what it expected.
make_checkout "$work/checkout"
fake_cmake "$work/tools"
rm -r "$work/checkout/.deps/libtorch"
export CONDA_PREFIX=$work/places/conda PATH=$work/tools:$PATH
ends "setup.sh" 0 env DBOT_LIBTORCH="with pip" "$work/checkout/setup.sh" --conda --no-build
expect "setup.sh" "-DDBOT_LIBTORCH:PATH=$PWD/with pip/lib/python3.12/site-packages/torch" "$work/cmake-calls"
ends "setup.sh, an old one" 1 env DBOT_LIBTORCH=old "$work/checkout/setup.sh" --conda --no-build
expect "setup.sh, an old one" "DBOT_LIBTORCH is $PWD/old, expected a LibTorch of version 2.11" "$work/said"
finish
