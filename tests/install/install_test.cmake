# cmake -DBUILD=... -DOUTSIDE=... -DSCRATCH=... ... -P install_test.cmake
# Installs, moves the installation (a package that remembers where it was made breaks), builds the outside project
# with it, and runs both that and the installed program.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${what} failed (${failed}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
run("cmake --install" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/made)
file(RENAME ${SCRATCH}/made ${SCRATCH}/moved)
file(COPY ${OUTSIDE} DESTINATION ${SCRATCH})
file(COPY ${EXAMPLE} DESTINATION ${SCRATCH}/outside)
run("configuring the outside project" ${CMAKE_COMMAND} -G ${GENERATOR} -S ${SCRATCH}/outside -B ${SCRATCH}/build
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_PREFIX_PATH=${SCRATCH}/moved)
run("building the outside project" ${CMAKE_COMMAND} --build ${SCRATCH}/build)
run("the outside program" ${SCRATCH}/build/outside)
if(NOT output STREQUAL "0.1 in bf16 is 0x1.9ap-4; the recipe stores results in fp16\n")
  message(FATAL_ERROR "the outside program says: ${output}")
endif()
run("the outside test of a kernel" ${SCRATCH}/build/tolerance)
if(NOT output STREQUAL "512 terms: correct\n511 terms: wrong\n")
  message(FATAL_ERROR "the outside test of a kernel says: ${output}")
endif()
run("the installed program" ${SCRATCH}/moved/bin/halfulp formats bf16)

file(GLOB_RECURSE tests ${SCRATCH}/moved/*_testing.hpp ${SCRATCH}/moved/*_test*)
if(tests)
  message(FATAL_ERROR "tests were installed: ${tests}")
endif()
