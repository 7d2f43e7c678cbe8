# Defines the imported target LibTorch::cpu: libtorch_cpu and libc10 without find_package(Torch),
# whose configuration demands CUDA. The folder is DBOT_LIBTORCH, or `_dbot_own_libtorch`: where
# setup.sh unpacks the wheel, or in an installation its own copy.
if(DBOT_LIBTORCH)
  set(_torch ${DBOT_LIBTORCH})
else()
  set(_torch ${_dbot_own_libtorch})
endif()

if(NOT EXISTS ${_torch}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "LibTorch: ${_torch}/lib/libtorch_cpu.so does not exist. Run dbot's "
                      "./setup.sh, or configure with -DDBOT_LIBTORCH=<a LibTorch or a wheel's "
                      "torch/ folder>.")
endif()

file(STRINGS ${_torch}/include/torch/headeronly/version.h _torch_version_lines
     REGEX "#define TORCH_VERSION_(MAJOR|MINOR) ")
string(REGEX MATCHALL "[0-9]+" _torch_version "${_torch_version_lines}")
set(DBOT_LIBTORCH_FOLDER ${_torch})
list(JOIN _torch_version "." DBOT_LIBTORCH_VERSION)
if(DBOT_LIBTORCH_VERSION VERSION_LESS 2.11)
  message(FATAL_ERROR "LibTorch: ${_torch} is version ${DBOT_LIBTORCH_VERSION}, expected 2.11 or "
                      "later. Name another folder with -DDBOT_LIBTORCH.")
endif()

add_library(LibTorch::c10 SHARED IMPORTED GLOBAL)
set_target_properties(LibTorch::c10 PROPERTIES IMPORTED_LOCATION ${_torch}/lib/libc10.so)
add_library(LibTorch::cpu SHARED IMPORTED GLOBAL)
set_target_properties(LibTorch::cpu PROPERTIES IMPORTED_LOCATION ${_torch}/lib/libtorch_cpu.so)
target_link_libraries(LibTorch::cpu INTERFACE LibTorch::c10)
# at::parallel_for is OpenMP in a header: its threads must be those of LibTorch's own runtime.
file(GLOB _openmp ${_torch}/lib/libgomp*.so*)
if(_openmp)
  list(GET _openmp 0 _openmp)
else()
  set(_openmp gomp)
endif()
add_library(LibTorch::openmp INTERFACE IMPORTED GLOBAL)
target_compile_options(LibTorch::openmp INTERFACE -fopenmp)
target_link_libraries(LibTorch::openmp INTERFACE ${_openmp})
# Last in the search: LibTorch ships its own fmt and protobuf headers, which must not hide ours.
# The headers of its C++ frontend (torch/torch.h) stay out of reach: they cost seconds a file.
target_compile_options(LibTorch::cpu INTERFACE "SHELL:-idirafter ${_torch}/include")
# Without it, headers shared by operators include all of them: 36 s instead of 12 s a file.
target_compile_definitions(LibTorch::cpu INTERFACE AT_PER_OPERATOR_HEADERS)
# libtorch_cpu finds the CUDA runtime through its own run path; the linker need not resolve it.
target_link_options(LibTorch::cpu INTERFACE -Wl,--allow-shlib-undefined)
