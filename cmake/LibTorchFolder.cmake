# dbot_libtorch_folder(GIVEN RESULT): the folder with lib/libtorch_cpu.so and LibTorch's headers in
# include/ that GIVEN means; empty if there is none. GIVEN is that folder itself (a LibTorch, a wheel's
# torch/ folder, a conda environment with conda-forge's libtorch), or an environment of conda or Python
# that PyTorch is installed in.
#
# As a script, for setup.sh: cmake -DGIVEN=<folder> -P LibTorchFolder.cmake prints the folder.
function(dbot_libtorch_folder given result)
  file(GLOB installed LIST_DIRECTORIES true ${given}/lib/python3.*/site-packages/torch
       ${given}/lib64/python3.*/site-packages/torch ${given}/lib/python3/dist-packages/torch)
  set(${result} "" PARENT_SCOPE)
  foreach(folder ${given} ${installed})
    if(EXISTS ${folder}/lib/libtorch_cpu.so AND EXISTS ${folder}/include/ATen/core/Tensor.h)
      set(${result} ${folder} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# dbot_libtorch_version(FOLDER RESULT): such as 2.11; empty for one from before 2.11, whose header
# stands elsewhere.
function(dbot_libtorch_version folder result)
  set(${result} "" PARENT_SCOPE)
  set(header ${folder}/include/torch/headeronly/version.h)
  if(EXISTS ${header})
    file(STRINGS ${header} lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR) ")
    string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
    list(JOIN numbers "." numbers)
    set(${result} "${numbers}" PARENT_SCOPE)
  endif()
endfunction()

# dbot_check_libtorch(FOLDER): an error where its version is not one that dbot is built with.
function(dbot_check_libtorch folder)
  dbot_libtorch_version(${folder} version)
  if(NOT version)
    message(FATAL_ERROR "LibTorch: ${folder} is older than 2.11 (no torch/headeronly/version.h with its "
                        "version), expected 2.11 or later. Name another folder with DBOT_LIBTORCH.")
  elseif(version VERSION_LESS 2.11)
    message(FATAL_ERROR "LibTorch: ${folder} is version ${version}, expected 2.11 or later. Name "
                        "another folder with DBOT_LIBTORCH.")
  endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  dbot_libtorch_folder("${GIVEN}" found)
  if(NOT found)
    message(FATAL_ERROR "LibTorch: ${GIVEN} has no lib/libtorch_cpu.so with its headers in include/, "
                        "nor a torch/ folder that has them under lib/python3.*/site-packages")
  endif()
  dbot_check_libtorch(${found})
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo ${found})
endif()
