# cpack reads this once a generator: the archive holds bin/, lib/, …, not usr/.
if(CPACK_GENERATOR STREQUAL "TGZ")
  set(CPACK_PACKAGING_INSTALL_PREFIX "/")
endif()
