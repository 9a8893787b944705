#pragma once
// What a run of vtpmlab means to the shell, to CI and to ctest.

#include <vtpmlab/error.h>

namespace vtpmlab {

enum class ExitCode : int {
    all_passed = 0,
    usage = 1,
    bad_scenario = 2,
    lab_broken = 3,
    product_failed = 4,
    all_skipped = 77, // ctest's SKIP_RETURN_CODE
    interrupted = 130,
};

[[nodiscard]] constexpr ExitCode exit_code_for(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return ExitCode::usage;
    case ErrorKind::scenario:
        return ExitCode::bad_scenario;
    case ErrorKind::lab:
        return ExitCode::lab_broken;
    case ErrorKind::product:
        return ExitCode::product_failed;
    case ErrorKind::skipped:
        return ExitCode::all_skipped;
    case ErrorKind::interrupted:
        return ExitCode::interrupted;
    }
    return ExitCode::lab_broken;
}

} // namespace vtpmlab
