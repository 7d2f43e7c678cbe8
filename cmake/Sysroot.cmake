# Packages of the distribution that are unpacked, not installed (setup.sh --no-root): they are looked
# for before the system's own, and the programs find their libraries there by themselves.
set(_sysroot ${DBOT_SYSROOT})
if(NOT _sysroot AND EXISTS ${CMAKE_SOURCE_DIR}/.deps/sysroot/dbot-packages)
  set(_sysroot ${CMAKE_SOURCE_DIR}/.deps/sysroot)
endif()
if(_sysroot)
  list(PREPEND CMAKE_PREFIX_PATH ${_sysroot}/usr)
  set(_libraries ${_sysroot}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})
  set(ENV{PKG_CONFIG_PATH} "${_libraries}/pkgconfig:${_sysroot}/usr/share/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  list(PREPEND CMAKE_BUILD_RPATH ${_libraries})
  # Their libraries load each other, which only the older kind of run path is good for.
  add_link_options(-Wl,--disable-new-dtags)
endif()
