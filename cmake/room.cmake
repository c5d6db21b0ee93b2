# waymark_library(NAME SOURCES ... LINKS ...) makes waymark_NAME with alias waymark::NAME:
# one target a room and a sub-folder.
function(waymark_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(waymark_${name} STATIC ${ARG_SOURCES})
  add_library(waymark::${name} ALIAS waymark_${name})
  target_include_directories(waymark_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(waymark_${name} PRIVATE ${WAYMARK_WARNINGS})
  target_link_libraries(waymark_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

# waymark_program(NAME SOURCES ... LINKS ...)
function(waymark_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${WAYMARK_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# waymark_test(ROOM SOURCES ... LINKS ...): one GoogleTest program a room, found by ctest.
function(waymark_test room)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${room}_test ${ARG_SOURCES})
  target_include_directories(${room}_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${room}_test PRIVATE ${WAYMARK_WARNINGS})
  target_link_libraries(${room}_test PRIVATE ${ARG_LINKS} GTest::gtest_main GTest::gmock)
  gtest_discover_tests(${room}_test TEST_PREFIX "${room}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 120 ENVIRONMENT "WAYMARK_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
