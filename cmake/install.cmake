# Installation: the program, the libraries, the headers, and a package that other projects find with
#   find_package(halfulp REQUIRED)
#   target_link_libraries(theirs PRIVATE halfulp::halfulp)      # or one floor: halfulp::arith
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(floors)
get_property(targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
foreach(target IN LISTS targets)
  get_target_property(type ${target} TYPE)
  if(target MATCHES "^halfulp_(.+)$" AND type STREQUAL "STATIC_LIBRARY")
    # The command line is the program's alone: other projects bring their own.
    if(NOT CMAKE_MATCH_1 STREQUAL "cli")
      list(APPEND floors ${CMAKE_MATCH_1})
    endif()
  endif()
endforeach()

set(floor_targets ${floors})
list(TRANSFORM floor_targets PREPEND halfulp_)
foreach(floor IN LISTS floors)
  set_target_properties(halfulp_${floor} PROPERTIES EXPORT_NAME ${floor}
    INTERFACE_INCLUDE_DIRECTORIES "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>;$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>"
    INTERFACE_COMPILE_FEATURES cxx_std_20
    # Templates in headers round where they are compiled: theirs must not contract either.
    INTERFACE_COMPILE_OPTIONS "$<INSTALL_INTERFACE:-ffp-contract=off>")
endforeach()
add_library(halfulp_all INTERFACE)
target_link_libraries(halfulp_all INTERFACE ${floor_targets})
set_target_properties(halfulp_all PROPERTIES EXPORT_NAME halfulp)

install(TARGETS halfulp RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${floor_targets} halfulp_all EXPORT halfulp_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/halfulp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp"
        PATTERN "*_testing.hpp" EXCLUDE PATTERN "*_bench.hpp" EXCLUDE PATTERN "*_oracle.hpp" EXCLUDE PATTERN "cli" EXCLUDE)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/halfulp)
install(EXPORT halfulp_targets NAMESPACE halfulp:: DESTINATION ${package})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/halfulpConfig.cmake.in halfulpConfig.cmake
                              INSTALL_DESTINATION ${package})
# Before 1.0 every minor version may change the interface.
write_basic_package_version_file(halfulpConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/halfulpConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/halfulpConfigVersion.cmake
        DESTINATION ${package})
