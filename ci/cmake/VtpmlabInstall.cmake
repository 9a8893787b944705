# What another project needs to run its own scenarios as tests: the program, its parts, and a
# package file that brings vtpmlab_add_scenarios().
include(CMakePackageConfigHelpers)

set(_vtpmlab_package lib/cmake/vtpmlab)
install(TARGETS vtpmlab EXPORT vtpmlab-targets RUNTIME DESTINATION bin COMPONENT vtpmlab)
install(EXPORT vtpmlab-targets NAMESPACE vtpmlab:: DESTINATION ${_vtpmlab_package}
        COMPONENT vtpmlab)
write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/vtpmlab-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES ci/cmake/vtpmlab-config.cmake ci/cmake/VtpmlabScenarios.cmake
              ci/cmake/VtpmlabScenarioTests.cmake
              "${PROJECT_BINARY_DIR}/vtpmlab-config-version.cmake"
        DESTINATION ${_vtpmlab_package} COMPONENT vtpmlab)
