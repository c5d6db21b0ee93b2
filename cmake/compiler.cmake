# Build types, warnings, sanitizers, hardening.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_link_options(-fuse-ld=mold)
endif()

# Dev: debuggable, asserted, still fast enough to run the whole suite.
set(CMAKE_CXX_FLAGS_DEV "-Og -g1" CACHE STRING "" FORCE)
set(CMAKE_EXE_LINKER_FLAGS_DEV "" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
else()
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

include(CheckPIESupported)
check_pie_supported()
add_compile_options(-fstack-protector-strong -fstack-clash-protection)
add_link_options(-Wl,-z,relro,-z,now)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-fcf-protection)
endif()
if(WAYMARK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(WAYMARK_SANITIZE)
  add_compile_options(-fsanitize=${WAYMARK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WAYMARK_SANITIZE})
  if(WAYMARK_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)  # Asio uses atomic_thread_fence in places TSan does not model
  endif()
else()
  add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()

set(WAYMARK_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
if(NOT WAYMARK_SANITIZE)
  list(APPEND WAYMARK_WARNINGS -Wnull-dereference)  # instrumented code gives it false positives
endif()
if(WAYMARK_WERROR)
  list(APPEND WAYMARK_WARNINGS -Werror)
endif()
