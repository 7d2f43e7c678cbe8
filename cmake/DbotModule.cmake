# dbot_module(NAME SOURCES files… [LIBRARIES targets…])
#
# One static library a module, `dbot_NAME`. It links the modules named in LIBRARIES as `dbot::core`…
# so that a module is built with nothing but what stands above it in the design's list.
function(dbot_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(dbot_${name} STATIC ${MODULE_SOURCES})
  add_library(dbot::${name} ALIAS dbot_${name})
  target_link_libraries(dbot_${name} PUBLIC dbot_settings ${MODULE_LIBRARIES})
endfunction()

# dbot_test(PROGRAM SOURCES files… LIBRARIES targets… [LABELS labels…]): a GoogleTest program, one
# ctest entry. Few programs: each costs half a second to start.
function(dbot_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE dbot_settings ${TEST_LIBRARIES} GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}")
endfunction()
