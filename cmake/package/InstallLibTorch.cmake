# Part of cmake --install: copies libtorch_cpu.so of _torch, and what it loads beside the system's own
# libraries, into _folder. They look for each other there alone; debugging symbols stay behind.
file(GET_RUNTIME_DEPENDENCIES
  LIBRARIES ${_torch}/lib/libtorch_cpu.so
  RESOLVED_DEPENDENCIES_VAR found
  UNRESOLVED_DEPENDENCIES_VAR missing
  PRE_EXCLUDE_REGEXES "^ld-linux"
  POST_EXCLUDE_REGEXES "^/(usr/)?lib(64)?/")
if(missing)
  message(FATAL_ERROR "install: ${_torch}/lib/libtorch_cpu.so loads ${missing}, which this machine "
                      "does not have; install from a LibTorch that ./setup.sh has fetched")
endif()
foreach(library ${_torch}/lib/libtorch_cpu.so ${found})
  get_filename_component(name ${library} NAME)
  message(STATUS "Installing: ${_folder}/${name}")
  file(MAKE_DIRECTORY ${_folder})
  file(COPY_FILE ${library} ${_folder}/${name})
  file(CHMOD ${_folder}/${name} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  if(_strip)
    execute_process(COMMAND ${_strip} --strip-unneeded ${_folder}/${name} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  unset(rpath)
  unset(runpath)
  file(READ_ELF ${_folder}/${name} RPATH rpath RUNPATH runpath)
  if(rpath OR runpath)
    file(RPATH_SET FILE ${_folder}/${name} NEW_RPATH "$ORIGIN")
  endif()
endforeach()
