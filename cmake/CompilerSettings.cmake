# Warnings, sanitizers and ccache for the project's own targets: link `dbot_settings`.
add_library(dbot_settings INTERFACE)
target_include_directories(dbot_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(dbot_settings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
# GCC 12 sees overlapping copies in std::string's own code (GCC bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(dbot_settings INTERFACE -Wno-restrict)
endif()
# Kernels are compiled once for each instruction set: plain code, AVX2 and AVX-512 are enough.
set(DBOT_HIGHWAY_DEFINITIONS "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4)")
# On Arm they are NEON's alone: kernels keep vectors in structs, where those of SVE cannot be. Highway's
# NEON includes AES; constructors that the compiler writes have to know that, too.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(DBOT_HIGHWAY_DEFINITIONS "HWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)")
  target_compile_options(dbot_settings INTERFACE -march=armv8-a+crypto)
endif()
if(DBOT_WERROR)
  target_compile_options(dbot_settings INTERFACE -Werror)
endif()
if(DBOT_SANITIZE)
  # A finding ends the program. LibTorch has no type information for -fsanitize=vptr to ask.
  target_compile_options(dbot_settings INTERFACE -fsanitize=${DBOT_SANITIZE} -fno-sanitize=vptr
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(dbot_settings INTERFACE -fsanitize=${DBOT_SANITIZE})
endif()

if(DBOT_CCACHE)
  find_program(DBOT_CCACHE_PROGRAM ccache)
  if(DBOT_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${DBOT_CCACHE_PROGRAM})
  endif()
endif()
