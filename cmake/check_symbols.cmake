# cmake -DNM=... -DOBJECTS=a.o;b.o -DTARGET=avx2 -P check_symbols.cmake
# Fails when an object leaves to the linker a function (weak: inline, or of a template) that has nothing of
# halfulp::<TARGET> in its name: another object's copy, for other processors, would be taken for the same.
string(LENGTH ${TARGET} length)
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} --defined-only ${object} OUTPUT_VARIABLE symbols RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "cannot read ${object}")
  endif()
  string(REGEX MATCHALL "[^\n]* W [^\n]*" weak "${symbols}")
  foreach(symbol IN LISTS weak)
    if(NOT symbol MATCHES "${length}${TARGET}")
      message(SEND_ERROR "${object}: ${symbol}")
    endif()
  endforeach()
endforeach()
