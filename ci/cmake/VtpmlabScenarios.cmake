# Scenarios as tests of ctest, in this tree and in any project that finds an installed vtpmlab:
#
#     find_package(vtpmlab REQUIRED)
#     enable_testing()
#     vtpmlab_add_scenarios(scenarios)
#
# vtpmlab_add_scenarios(DIR [PREFIX scenario] [DEPTHS guest model] [LABELS …] [ARGUMENTS …])
# makes of every scenario file below DIR one test a depth:
#
#     scenario.model.smoke/tis_is_the_default_model
#     scenario.guest.smoke/tis_is_the_default_model
#
# Labels and timeouts come from the files themselves, at the time ctest runs: a changed scenario
# needs neither a new build nor a new configuration. A test whose cases are all skipped counts as
# skipped (77), with the reason in its output. What a test leaves is in
# scenario-results/DEPTH/NAME of the binary directory, junit.xml included.
#
# ctest -jN runs N model tests side by side. A guest test takes two of the N, for its cases run two
# at a time: so as many guests run at once as N allows, whatever the number of tests.

set(_vtpmlab_scenarios_module "${CMAKE_CURRENT_LIST_DIR}" CACHE INTERNAL "")

function(vtpmlab_add_scenarios directory)
    cmake_parse_arguments(arg "" "PREFIX" "DEPTHS;LABELS;ARGUMENTS" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "vtpmlab_add_scenarios: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT arg_PREFIX)
        set(arg_PREFIX scenario)
    endif()
    if(NOT arg_DEPTHS)
        set(arg_DEPTHS model guest)
    endif()
    get_filename_component(root "${directory}" ABSOLUTE)
    if(NOT IS_DIRECTORY "${root}")
        message(FATAL_ERROR "vtpmlab_add_scenarios: there is no directory ${root}")
    endif()

    # Several calls may be made in one directory; each writes its own pair of files.
    string(MD5 key "${arg_PREFIX} ${root}")
    string(SUBSTRING "${key}" 0 8 key)
    set(stem "${CMAKE_CURRENT_BINARY_DIR}/vtpmlab-scenarios-${key}")
    file(GENERATE OUTPUT "${stem}-$<CONFIG>.cmake" CONTENT
"set(vtpmlab_program [==[$<TARGET_FILE:vtpmlab::vtpmlab>]==])
set(vtpmlab_scenarios [==[${root}]==])
set(vtpmlab_prefix [==[${arg_PREFIX}]==])
set(vtpmlab_depths [==[${arg_DEPTHS}]==])
set(vtpmlab_labels [==[${arg_LABELS}]==])
set(vtpmlab_arguments [==[${arg_ARGUMENTS}]==])
set(vtpmlab_results [==[${CMAKE_CURRENT_BINARY_DIR}/scenario-results]==])
set(vtpmlab_cache [==[${stem}-tests.cmake]==])
include([==[${_vtpmlab_scenarios_module}/VtpmlabScenarioTests.cmake]==])
")
    if(CMAKE_CONFIGURATION_TYPES)
        file(WRITE "${stem}.cmake" "include(\"${stem}-\${CTEST_CONFIGURATION_TYPE}.cmake\")\n")
    else()
        file(WRITE "${stem}.cmake" "include(\"${stem}-${CMAKE_BUILD_TYPE}.cmake\")\n")
    endif()
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${stem}.cmake")
endfunction()
