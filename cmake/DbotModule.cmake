# dbot_module(NAME LIBRARIES targets…): the static library dbot_NAME (dbot::NAME) of all sources in the
# folder and its rooms. It links only what stands above it in the design's list of modules.
function(dbot_module name)
  cmake_parse_arguments(MODULE "" "" "LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(dbot_${name} STATIC ${sources})
    target_link_libraries(dbot_${name} PUBLIC dbot_settings ${MODULE_LIBRARIES})
    # For scripts/plant_faults.py.
    foreach(folder ${DBOT_SINGLE_FILES})
      set(single ${sources})
      list(FILTER single INCLUDE REGEX "^${CMAKE_SOURCE_DIR}/dbot/${folder}/")
      set_source_files_properties(${single} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON
                                  COMPILE_OPTIONS -Wno-error)
    endforeach()
  else()
    add_library(dbot_${name} INTERFACE)
    target_link_libraries(dbot_${name} INTERFACE dbot_settings ${MODULE_LIBRARIES})
  endif()
  add_library(dbot::${name} ALIAS dbot_${name})
endfunction()

# dbot_test(PROGRAM FOLDERS folders… [EXCLUDE folder] LIBRARIES targets… [LABELS labels…]): one GoogleTest
# program of all sources in the folders and below, one ctest entry, labelled "unit" unless said otherwise. Few
# programs: each costs half a second to start.
function(dbot_test name)
  cmake_parse_arguments(TEST "" "EXCLUDE" "FOLDERS;LIBRARIES;LABELS" ${ARGN})
  set(sources)
  foreach(folder ${TEST_FOLDERS})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(TEST_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${TEST_EXCLUDE}/")
  endif()
  if(NOT sources)
    return()
  endif()
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE dbot_settings ${TEST_LIBRARIES} GTest::gmock
                                        GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  # Beside other work, threads that spin hold up those that they wait for; the program sets it itself.
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}" ENVIRONMENT GOMP_SPINCOUNT=1000)
endfunction()
