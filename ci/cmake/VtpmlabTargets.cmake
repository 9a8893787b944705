# The three ways a target is made in this tree; flags and include roots are set here and nowhere
# else.

set(_vtpmlab_warnings -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                      -Wconversion -Wno-sign-conversion)

# GCC 12 sees overlapping copies in std::string that are not there, when it optimises (GCC bug
# 105651, mended in 13), and reads of an optional that was just tested (80635). Goes with GCC 12.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    list(APPEND _vtpmlab_warnings
         $<$<NOT:$<CONFIG:Debug>>:-Wno-restrict> $<$<NOT:$<CONFIG:Debug>>:-Wno-maybe-uninitialized>)
endif()

# Every test program links whole static libraries: lld takes a fifth of the time.
find_program(VTPMLAB_LLD ld.lld)

function(_vtpmlab_common target)
    target_compile_features(${target} PUBLIC cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE ${_vtpmlab_warnings} $<$<BOOL:${VTPMLAB_WERROR}>:-Werror>)
    if(VTPMLAB_LLD)
        target_link_options(${target} PRIVATE -fuse-ld=lld)
    endif()
endfunction()

# vtpmlab_library(NAME ROOT harness|fakes|guest SOURCES … [PUBLIC …] [PRIVATE …])
# makes the static library vtpmlab_NAME, alias vtpmlab::NAME. Headers are included by their full
# path from ROOT: "hypervisor/libvirt/secret.h".
function(vtpmlab_library name)
    cmake_parse_arguments(arg "" "ROOT" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(vtpmlab_${name} STATIC ${arg_SOURCES})
    add_library(vtpmlab::${name} ALIAS vtpmlab_${name})
    _vtpmlab_common(vtpmlab_${name})
    target_include_directories(vtpmlab_${name} PUBLIC "${PROJECT_SOURCE_DIR}/${arg_ROOT}")
    target_link_libraries(vtpmlab_${name} PUBLIC vtpmlab::include ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# vtpmlab_program(NAME SOURCES … [LINK …])
function(vtpmlab_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    _vtpmlab_common(${name})
    target_link_libraries(${name} PRIVATE vtpmlab::include ${arg_LINK})
endfunction()

# What gtest says at the end when the one test it ran was skipped: its verdict, not the word, which a
# failing test may print as well. gtest_discover_tests() of newer CMakes adds "[  SKIPPED ]" by
# itself, so a test must not print that of another.
set(vtpmlab_skipped "PASSED  . 0 tests[^A-Za-z]*SKIPPED . 1 test, listed below")

# vtpmlab_unit_test(AREA SOURCES … [LINK …]) makes the program test_AREA; each TEST becomes a ctest
# named AREA.Subject.StatesTheRule with the label `unit`.
function(vtpmlab_unit_test area)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_executable(test_${area} ${arg_SOURCES})
    _vtpmlab_common(test_${area})
    target_link_libraries(test_${area} PRIVATE vtpmlab::include ${arg_LINK} GTest::gmock GTest::gtest_main)
    target_compile_definitions(test_${area} PRIVATE
        VTPMLAB_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
    include(GoogleTest)
    gtest_discover_tests(test_${area} TEST_PREFIX "${area}."
        PROPERTIES LABELS unit TIMEOUT 60 SKIP_REGULAR_EXPRESSION "${vtpmlab_skipped}"
        DISCOVERY_TIMEOUT 30)
endfunction()
