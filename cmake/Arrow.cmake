# Arrow::parquet: libparquet and libarrow of pyarrow's wheel, which carries them with their headers.
# The folder is DBOT_ARROW, or `_dbot_own_arrow`: where setup.sh unpacks the wheel, or in an
# installation its own copy; an empty folder means none. Without one there is no target, and dbot says so when it meets Parquet.
if(DBOT_ARROW)
  set(_arrow ${DBOT_ARROW})
else()
  set(_arrow ${_dbot_own_arrow})
endif()
file(GLOB _parquet ${_arrow}/libparquet.so.*)
file(GLOB _arrow_library ${_arrow}/libarrow.so.*)
if(NOT _parquet OR NOT _arrow_library)
  file(GLOB _files ${_arrow}/*)
  if(DBOT_ARROW AND (_files OR NOT IS_DIRECTORY ${_arrow}))
    message(FATAL_ERROR "Arrow: ${DBOT_ARROW} has no libparquet.so and libarrow.so; name the "
                        "pyarrow/ folder of a wheel")
  endif()
elseif(NOT TARGET Arrow::parquet)
  set(DBOT_ARROW_FOLDER ${_arrow})
  add_library(Arrow::arrow SHARED IMPORTED GLOBAL)
  set_target_properties(Arrow::arrow PROPERTIES IMPORTED_LOCATION ${_arrow_library})
  if(EXISTS ${_arrow}/include)  # an installation has none: our own headers name nothing of it
    target_include_directories(Arrow::arrow SYSTEM INTERFACE ${_arrow}/include)
  endif()
  add_library(Arrow::parquet SHARED IMPORTED GLOBAL)
  set_target_properties(Arrow::parquet PROPERTIES
    IMPORTED_LOCATION ${_parquet} INTERFACE_LINK_LIBRARIES Arrow::arrow)
endif()
