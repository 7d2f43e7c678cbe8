# Part of cmake --install: copies libraries that _program loads into _folder, with what their packages say
# of rights into _documents. Those whose package has another name in the next release of a distribution
# (fmt, Highway, toml++, libpng, utf8proc) or in another one (libjpeg), and those that no distribution installed
# (setup.sh --no-root, conda). The others (libtiff6, libwebp7, …) have one name everywhere.
set(_own "/lib(fmt|hwy|tomlplusplus|png16|jpeg|utf8proc)[.]so")
file(GET_RUNTIME_DEPENDENCIES
  EXECUTABLES ${_program}
  RESOLVED_DEPENDENCIES_VAR found
  UNRESOLVED_DEPENDENCIES_VAR missing
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(torch_cpu|c10|gomp|cudart|cupti|arrow|parquet)[-.]")
if(missing)
  message(FATAL_ERROR "install: ${_program} loads ${missing}, which this machine does not have")
endif()
foreach(library ${found})
  if(library MATCHES "^/(usr/)?lib(64)?/" AND NOT library MATCHES ${_own})
    continue()
  endif()
  get_filename_component(name ${library} NAME)  # by this name the program asks for it
  file(REAL_PATH ${library} file)
  message(STATUS "Installing: ${_folder}/${name}")
  file(MAKE_DIRECTORY ${_folder})
  file(COPY_FILE ${file} ${_folder}/${name})
  file(CHMOD ${_folder}/${name} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  execute_process(COMMAND dpkg-query -S ${file} OUTPUT_VARIABLE package ERROR_QUIET)
  string(REGEX REPLACE ":.*" "" package "${package}")
  if(package AND EXISTS /usr/share/doc/${package}/copyright)
    file(MAKE_DIRECTORY ${_documents}/licenses/${package})
    file(COPY_FILE /usr/share/doc/${package}/copyright ${_documents}/licenses/${package}/copyright)
  else()
    message(NOTICE "install: ${library} is of no package; see to its licence before giving it on")
  endif()
endforeach()
