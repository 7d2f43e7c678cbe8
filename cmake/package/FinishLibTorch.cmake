# Part of cmake --install, after LibTorch's libraries (_libraries) were copied into _folder.
foreach(library ${_libraries})
  get_filename_component(name ${library} NAME)
  if(_strip)
    execute_process(COMMAND ${_strip} --strip-unneeded ${_folder}/${name})
  endif()
  file(RPATH_SET FILE ${_folder}/${name} NEW_RPATH "$ORIGIN")
endforeach()
