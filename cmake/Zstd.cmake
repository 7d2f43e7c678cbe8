# Zstd::zstd, which not every distribution gives as a CMake package.
find_path(DBOT_ZSTD_INCLUDE zstd.h)
find_library(DBOT_ZSTD_LIBRARY zstd)
mark_as_advanced(DBOT_ZSTD_INCLUDE DBOT_ZSTD_LIBRARY)
if(NOT DBOT_ZSTD_INCLUDE OR NOT DBOT_ZSTD_LIBRARY)
  message(FATAL_ERROR "Zstd: libzstd is missing; install libzstd-dev")
endif()
if(NOT TARGET Zstd::zstd)
  add_library(Zstd::zstd UNKNOWN IMPORTED)
  set_target_properties(Zstd::zstd PROPERTIES
    IMPORTED_LOCATION ${DBOT_ZSTD_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${DBOT_ZSTD_INCLUDE})
endif()
