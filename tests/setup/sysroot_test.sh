#!/usr/bin/env bash
# cmake/Sysroot.cmake: what lies in a sysroot is found before the system's own, and a program runs whose
# library there loads another one of it.
source tests/setup/support.sh

mkdir -p "$work/source" "$work/empty"
cd "$work/source"
echo 'int inner() { return 42; }' >inner.cpp
echo 'int inner(); int outer() { return inner(); }' >outer.cpp
echo 'int outer();' >made_up_outer.h
printf '#include <made_up_outer.h>\nint main() { return outer() == 42 ? 0 : 1; }\n' >main.cpp
cat >CMakeLists.txt <<TEXT
cmake_minimum_required(VERSION 3.25)
project(sysroot LANGUAGES CXX)
include($root/cmake/Sysroot.cmake)
find_library(OUTER made_up_outer REQUIRED)
find_path(HEADER made_up_outer.h REQUIRED)
file(WRITE \${CMAKE_BINARY_DIR}/architecture "\${CMAKE_LIBRARY_ARCHITECTURE}")
add_executable(main main.cpp)
target_include_directories(main PRIVATE \${HEADER})
target_link_libraries(main PRIVATE \${OUTER})
TEXT

ends "no sysroot" 1 cmake -S . -B "$work/without"
architecture=$(gcc -print-multiarch)
libraries=$work/sysroot/usr/lib/$architecture
mkdir -p "$libraries" "$work/sysroot/usr/include"
cp made_up_outer.h "$work/sysroot/usr/include/"
g++ -shared -fPIC inner.cpp -Wl,-soname,libmade_up_inner.so.1 -o "$libraries/libmade_up_inner.so.1"
g++ -shared -fPIC outer.cpp "$libraries/libmade_up_inner.so.1" -o "$libraries/libmade_up_outer.so"
ends "a sysroot" 0 cmake -S . -B "$work/with" "-DDBOT_SYSROOT=$work/sysroot"
ends "building" 0 cmake --build "$work/with"
ends "the program" 0 env -u LD_LIBRARY_PATH "$work/with/main"

# Without being named: where setup.sh has put it.
mkdir -p .deps
mv "$work/sysroot" .deps/sysroot
ends "a sysroot that setup.sh did not finish" 1 cmake -S . -B "$work/unfinished"
touch .deps/sysroot/dbot-packages
ends "the checkout's own sysroot" 0 cmake -S . -B "$work/own"
ends "building" 0 cmake --build "$work/own"
ends "the program" 0 env -u LD_LIBRARY_PATH "$work/own/main"
finish
