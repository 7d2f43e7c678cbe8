# Defines the imported target LibTorch::cpu: libtorch_cpu and libc10 without find_package(Torch),
# whose configuration demands CUDA. The folder is what DBOT_LIBTORCH means, or `_dbot_own_libtorch`:
# where setup.sh unpacks the wheel, or in an installation its own copy.
include(${CMAKE_CURRENT_LIST_DIR}/LibTorchFolder.cmake)
if(DBOT_LIBTORCH)
  set(_given ${DBOT_LIBTORCH})
else()
  set(_given ${_dbot_own_libtorch})
endif()
dbot_libtorch_folder(${_given} _torch)
if(NOT _torch)
  message(FATAL_ERROR "LibTorch: ${_given}/lib/libtorch_cpu.so, with headers in include/, does not "
                      "exist. Run dbot's ./setup.sh, or configure with -DDBOT_LIBTORCH=<a LibTorch, a "
                      "wheel's torch/ folder, or the conda or Python environment that it is in>.")
endif()
dbot_check_libtorch(${_torch})
dbot_libtorch_version(${_torch} DBOT_LIBTORCH_VERSION)
set(DBOT_LIBTORCH_FOLDER ${_torch})

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
