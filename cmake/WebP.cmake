# WebP::webp and WebP::webpdemux, which distributions give as pkg-config files alone.
find_path(DBOT_WEBP_INCLUDE webp/decode.h)
find_library(DBOT_WEBP_LIBRARY webp)
find_library(DBOT_WEBPDEMUX_LIBRARY webpdemux)
mark_as_advanced(DBOT_WEBP_INCLUDE DBOT_WEBP_LIBRARY DBOT_WEBPDEMUX_LIBRARY)
if(NOT DBOT_WEBP_INCLUDE OR NOT DBOT_WEBP_LIBRARY OR NOT DBOT_WEBPDEMUX_LIBRARY)
  message(FATAL_ERROR "WebP: libwebp or libwebpdemux is missing; install libwebp-dev")
endif()
if(NOT TARGET WebP::webp)
  add_library(WebP::webp UNKNOWN IMPORTED)
  set_target_properties(WebP::webp PROPERTIES
    IMPORTED_LOCATION ${DBOT_WEBP_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${DBOT_WEBP_INCLUDE})
  add_library(WebP::webpdemux UNKNOWN IMPORTED)
  set_target_properties(WebP::webpdemux PROPERTIES
    IMPORTED_LOCATION ${DBOT_WEBPDEMUX_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${DBOT_WEBP_INCLUDE}
    INTERFACE_LINK_LIBRARIES WebP::webp)
endif()
