# Targets of libraries that not every distribution gives as CMake packages.

# dbot_plain_library(TARGET LIBRARY HEADER PACKAGE)
function(dbot_plain_library target library header package)
  string(TOUPPER DBOT_${library} name)
  find_path(${name}_INCLUDE ${header})
  find_library(${name}_LIBRARY ${library})
  mark_as_advanced(${name}_INCLUDE ${name}_LIBRARY)
  if(NOT ${name}_INCLUDE OR NOT ${name}_LIBRARY)
    message(FATAL_ERROR "lib${library} is missing; install ${package}")
  endif()
  if(NOT TARGET ${target})
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION ${${name}_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${${name}_INCLUDE})
  endif()
endfunction()

dbot_plain_library(WebP::webp webp webp/decode.h libwebp-dev)
dbot_plain_library(WebP::webpdemux webpdemux webp/demux.h libwebp-dev)
set_property(TARGET WebP::webpdemux PROPERTY INTERFACE_LINK_LIBRARIES WebP::webp)
dbot_plain_library(Zstd::zstd zstd zstd.h libzstd-dev)
dbot_plain_library(Utf8proc::utf8proc utf8proc utf8proc.h libutf8proc-dev)
