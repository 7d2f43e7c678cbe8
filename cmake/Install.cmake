# cmake --install: the program, its recipes and documents (component program); the library as one
# archive, its public headers and a CMake package (development); LibTorch's libraries and headers in
# a private folder, so that the installation runs by itself and can be moved (libtorch,
# libtorch_headers); and some libraries of the distribution that it was built on (libraries).
set(_private lib/dbot)  # the same on every distribution, so that run paths are known here
set(_share share/dbot)
set(_documents share/doc/dbot)

# What dbot/dbot.h includes is the public surface: those headers are installed, and no others.
function(dbot_public_headers output)
  set(found)
  set(open dbot/dbot.h)
  while(open)
    list(POP_FRONT open header)
    list(APPEND found ${header})
    # A change of includes changes what is installed.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${header})
    file(STRINGS ${CMAKE_SOURCE_DIR}/${header} includes REGEX "^#include \"dbot/.*\"")
    foreach(include ${includes})
      string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" include "${include}")
      if(NOT include IN_LIST found AND NOT include IN_LIST open)
        list(APPEND open ${include})
      endif()
    endforeach()
  endwhile()
  set(${output} ${found} PARENT_SCOPE)
endfunction()

# ---- The program ----
set_target_properties(dbot PROPERTIES INSTALL_RPATH
  "$ORIGIN/../${_private}/libtorch/lib;$ORIGIN/../${_private}/arrow;$ORIGIN/../${_private}/libraries")
install(TARGETS dbot RUNTIME DESTINATION bin COMPONENT program)
install(DIRECTORY recipes/ DESTINATION ${_share}/recipes COMPONENT program
        FILES_MATCHING PATTERN *.toml)
# Written by the program when everything is built (apps/dbot/CMakeLists.txt).
install(FILES ${CMAKE_BINARY_DIR}/dbot.1 DESTINATION share/man/man1 COMPONENT program OPTIONAL)
install(FILES ${CMAKE_BINARY_DIR}/completions/dbot
        DESTINATION share/bash-completion/completions COMPONENT program OPTIONAL)
install(FILES ${CMAKE_BINARY_DIR}/completions/_dbot
        DESTINATION share/zsh/vendor-completions COMPONENT program OPTIONAL)
install(FILES ${CMAKE_BINARY_DIR}/completions/dbot.fish
        DESTINATION share/fish/vendor_completions.d COMPONENT program OPTIONAL)
install(FILES LICENSE NOTICE CHANGELOG.md README.md DESTINATION ${_documents} COMPONENT program)
install(FILES cmake/package/copyright DESTINATION ${_documents} COMPONENT program)

# ---- The library ----
set(_objects)
foreach(module ${DBOT_MODULES})
  get_target_property(type dbot_${module} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    list(APPEND _objects $<TARGET_OBJECTS:dbot_${module}>)
  endif()
endforeach()
add_library(dbot_archive STATIC ${_objects})
set_target_properties(dbot_archive PROPERTIES OUTPUT_NAME dbot LINKER_LANGUAGE CXX
                                              UNITY_BUILD OFF)
install(TARGETS dbot_archive ARCHIVE DESTINATION ${_private} COMPONENT development)

dbot_public_headers(_headers)
foreach(header ${_headers})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION include/${folder} COMPONENT development)
endforeach()

set(DBOT_WITH_ARROW OFF)
if(TARGET Arrow::parquet)
  set(DBOT_WITH_ARROW ON)
endif()
include(CMakePackageConfigHelpers)
set(_package ${CMAKE_BINARY_DIR}/package-files)
configure_package_config_file(
  cmake/package/dbotConfig.cmake.in ${_package}/dbotConfig.cmake
  INSTALL_DESTINATION lib/cmake/dbot NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${_package}/dbotConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${_package}/dbotConfig.cmake ${_package}/dbotConfigVersion.cmake
              cmake/LibTorch.cmake cmake/LibTorchFolder.cmake cmake/PlainLibraries.cmake
              cmake/Arrow.cmake
        DESTINATION lib/cmake/dbot COMPONENT development)
install(FILES cmake/package/copyright DESTINATION share/doc/dbot-dev COMPONENT development)
install(DIRECTORY examples DESTINATION ${_share} COMPONENT development)

# ---- LibTorch ----
find_program(DBOT_STRIP strip)
install(CODE "set(_torch [==[${DBOT_LIBTORCH_FOLDER}]==])
  set(_folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${_private}/libtorch/lib\")
  set(_strip \"${DBOT_STRIP}\")"
  COMPONENT libtorch)
install(SCRIPT cmake/package/InstallLibTorch.cmake COMPONENT libtorch)
get_filename_component(_wheels ${DBOT_LIBTORCH_FOLDER}/.. ABSOLUTE)
file(GLOB _licences ${_wheels}/*.dist-info/licenses)
foreach(folder ${_licences})
  string(REGEX REPLACE ".*/([^/-]*)-[^/]*/licenses$" "\\1" name ${folder})
  install(DIRECTORY ${folder}/ DESTINATION ${_documents}/licenses/${name}
          COMPONENT libtorch)
endforeach()
# The tensor library and what it is made of; the other headers of the wheel are not needed.
install(DIRECTORY ${DBOT_LIBTORCH_FOLDER}/include/ATen ${DBOT_LIBTORCH_FOLDER}/include/c10
        DESTINATION ${_private}/libtorch/include COMPONENT libtorch_headers)
install(DIRECTORY ${DBOT_LIBTORCH_FOLDER}/include/torch/headeronly
        DESTINATION ${_private}/libtorch/include/torch COMPONENT libtorch_headers)

# ---- Arrow ----
if(TARGET Arrow::parquet)
  file(GLOB _libraries ${DBOT_ARROW_FOLDER}/libarrow.so.* ${DBOT_ARROW_FOLDER}/libparquet.so.*)
  install(FILES ${_libraries} DESTINATION ${_private}/arrow COMPONENT libtorch)
  file(GLOB _licence ${DBOT_ARROW_FOLDER}/../pyarrow-*.dist-info/licenses)
  if(_licence)
    install(DIRECTORY ${_licence}/ DESTINATION ${_documents}/licenses/arrow COMPONENT libtorch)
  endif()
endif()

# ---- Libraries whose packages are called otherwise elsewhere ----
install(CODE "set(_program [==[$<TARGET_FILE:dbot>]==])
  set(_folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${_private}/libraries\")
  set(_documents \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${_documents}\")"
  COMPONENT libraries)
install(SCRIPT cmake/package/InstallLibraries.cmake COMPONENT libraries)

# ---- The module that reads videos, where the program looks for it ----
if(DBOT_WITH_VIDEO)
  install(TARGETS dbot_video LIBRARY DESTINATION ${_private} COMPONENT video)
  install(FILES cmake/package/copyright NOTICE DESTINATION share/doc/dbot-video COMPONENT video)
endif()

# ---- The module for GPUs, likewise ----
if(DBOT_WITH_CUDA)
  install(TARGETS dbot_cuda LIBRARY DESTINATION ${_private} COMPONENT cuda)
  install(FILES cmake/package/copyright NOTICE DESTINATION share/doc/dbot-cuda COMPONENT cuda)
endif()

# ---- What scripts/package.sh builds ----
add_custom_target(installed_files DEPENDS dbot dbot_archive)
if(DBOT_WITH_CUDA)
  add_dependencies(installed_files dbot_cuda)
endif()
if(DBOT_WITH_VIDEO)
  add_dependencies(installed_files dbot_video)
endif()
if(TARGET dbot_man_and_completions)
  add_dependencies(installed_files dbot_man_and_completions)
endif()
