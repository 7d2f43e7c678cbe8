# cpack: dbot, dbot-dev and, where they were built, dbot-video and dbot-cuda as .deb, and everything as one .tar.gz. scripts/package.sh makes them.
set(CPACK_PACKAGE_NAME dbot)
set(CPACK_PACKAGE_VENDOR "the dbot authors")
set(CPACK_PACKAGE_CONTACT "the dbot authors <dbot@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_FILE_NAME dbot-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/package/PackageOptions.cmake)
set(CPACK_THREADS 0)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL program libtorch libraries development libtorch_headers)
if(DBOT_WITH_VIDEO)
  list(APPEND CPACK_COMPONENTS_ALL video)
endif()
if(DBOT_WITH_CUDA)
  list(APPEND CPACK_COMPONENTS_ALL cuda)
endif()
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)

# The archive: one folder to unpack anywhere.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)

# Debian: the program that runs by itself, and what compiling against the library needs beside it.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME dbot)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
    "Native masked pre-training for vision\n Pre-trains a vision backbone on unlabelled images, tells whether it works and writes\n the weights as safetensors. It brings its own LibTorch and needs no Python.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME dbot-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "Native masked pre-training for vision, the library\n Headers, archive and CMake package of dbot, with the headers of its LibTorch.")
# The archive is compiled code: it fits the fmt that it was built with, of any release that has it.
string(REGEX MATCH "^[0-9]+" _fmt_major ${fmt_VERSION})
math(EXPR _fmt_next "${_fmt_major} + 1")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "dbot (= ${PROJECT_VERSION}), libfmt-dev (>= ${_fmt_major}), libfmt-dev (<< ${_fmt_next}~), libtomlplusplus-dev, libhwy-dev, libjpeg-dev, libpng-dev, libtiff-dev, libwebp-dev, libzstd-dev, zlib1g-dev, libutf8proc-dev")

set(CPACK_DEBIAN_VIDEO_PACKAGE_NAME dbot-video)
set(CPACK_DEBIAN_VIDEO_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_VIDEO_PACKAGE_DEPENDS "dbot (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_VIDEO_DESCRIPTION
    "Native masked pre-training for vision, reading of videos\n The module that dbot decodes videos with, over the distribution's FFmpeg libraries, whose\n builds are under the GPL.")

# LibTorch's CUDA libraries and NVIDIA's are no packages of Debian: the user's PyTorch has them.
set(CPACK_DEBIAN_CUDA_PACKAGE_NAME dbot-cuda)
set(CPACK_DEBIAN_CUDA_PACKAGE_DEPENDS "dbot (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_CUDA_DESCRIPTION
    "Native masked pre-training for vision, on GPUs\n The module that dbot computes with on NVIDIA's GPUs, over the CUDA libraries of a PyTorch\n that is installed beside it; it brings none of them.")

include(CPack)
cpack_add_component_group(runtime)
cpack_add_component_group(development)
cpack_add_component(program GROUP runtime)
cpack_add_component(libtorch GROUP runtime)
cpack_add_component(libraries GROUP runtime)
cpack_add_component(development GROUP development)
cpack_add_component(libtorch_headers GROUP development)
if(DBOT_WITH_VIDEO)
  cpack_add_component_group(video)
  cpack_add_component(video GROUP video)
endif()
if(DBOT_WITH_CUDA)
  cpack_add_component_group(cuda)
  cpack_add_component(cuda GROUP cuda)
endif()
