# add_targets(library sources...): compiles each *_target.cpp once per instruction set into the library, with
# HALFULP_TARGET naming the set (and the namespace of everything that the file defines).  The processor
# chooses at run time (halfulp/linalg/kernels.cpp).
#
# Such a file must not leave a function without its namespace in the name to the linker: the linker keeps one
# copy of an inline function, and could keep the one with instructions that the processor has not.  A test looks.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(HALFULP_TARGETS baseline avx2 avx512)
  set(HALFULP_TARGET_FLAGS_baseline "")
  # Highway takes AVX2 only together with AES and carry-less multiplication, which it never uses here.
  set(HALFULP_TARGET_FLAGS_avx2 -march=haswell -DHWY_DISABLE_PCLMUL_AES)
  set(HALFULP_TARGET_FLAGS_avx512 -march=skylake-avx512 -DHWY_DISABLE_PCLMUL_AES -mprefer-vector-width=512)
else()
  set(HALFULP_TARGETS baseline)
  set(HALFULP_TARGET_FLAGS_baseline "")
endif()

function(add_targets library)
  foreach(target IN LISTS HALFULP_TARGETS)
    set(objects ${library}_${target})
    add_library(${objects} OBJECT ${ARGN})
    target_include_directories(${objects} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${objects} PRIVATE ${HALFULP_FLAGS} ${HALFULP_TARGET_FLAGS_${target}})
    # Under a sanitizer: bounds only; its other checks, in every unrolled step, take minutes to compile.
    if(CMAKE_CXX_FLAGS MATCHES "sanitize")
      target_compile_options(${objects} PRIVATE -fno-sanitize=undefined -fno-sanitize-address-use-after-scope)
    else()
      target_compile_options(${objects} PRIVATE -O3)
    endif()
    target_compile_definitions(${objects} PRIVATE HALFULP_TARGET=${target})
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:${objects}>)
    # (Under a sanitizer functions are not inlined, and such a build does not leave its machine.)
    if(HALFULP_TESTS AND NOT target STREQUAL baseline AND NOT CMAKE_CXX_FLAGS MATCHES "sanitize")
      add_test(NAME ${objects}_keeps_to_its_namespace
               COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DOBJECTS=$<TARGET_OBJECTS:${objects}>" -DTARGET=${target}
                       -P ${PROJECT_SOURCE_DIR}/cmake/check_symbols.cmake)
    endif()
  endforeach()
  if("avx512" IN_LIST HALFULP_TARGETS)
    target_compile_definitions(${library} PRIVATE HALFULP_X86_TARGETS)
  endif()
endfunction()
