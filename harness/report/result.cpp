#include "report/result.h"

#include <algorithm>

namespace vtpmlab::report {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
    case Outcome::passed:
        return "passed";
    case Outcome::failed:
        return "failed";
    case Outcome::broken:
        return "broken";
    case Outcome::skipped:
        return "skipped";
    case Outcome::interrupted:
        return "interrupted";
    }
    return "broken";
}

Outcome outcome_for(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::product:
        return Outcome::failed;
    case ErrorKind::skipped:
        return Outcome::skipped;
    case ErrorKind::interrupted:
        return Outcome::interrupted;
    case ErrorKind::usage:
    case ErrorKind::scenario:
    case ErrorKind::lab:
        return Outcome::broken;
    }
    return Outcome::broken;
}

std::string_view to_string(Finding finding) {
    switch (finding) {
    case Finding::none:
        return "none";
    case Finding::unexpected_result:
        return "unexpected-result";
    case Finding::wrong_tpm:
        return "wrong-tpm";
    case Finding::silently_fresh_tpm:
        return "silently-fresh-tpm";
    case Finding::wrong_disk:
        return "wrong-disk";
    case Finding::leaked:
        return "leaked";
    case Finding::leftover:
        return "leftover";
    case Finding::timed_out:
        return "timed-out";
    }
    return "none";
}

std::size_t RunSummary::count(Outcome outcome) const {
    return static_cast<std::size_t>(
        std::count_if(cases.begin(), cases.end(),
                      [outcome](const CaseResult& result) { return result.outcome == outcome; }));
}

std::map<std::string, std::size_t> RunSummary::skips() const {
    std::map<std::string, std::size_t> tally;
    for (const auto& result : cases)
        if (result.outcome == Outcome::skipped)
            ++tally[result.skip_reason];
    return tally;
}

ExitCode RunSummary::exit_code() const {
    if (was_interrupted)
        return ExitCode::interrupted;
    if (count(Outcome::failed) > 0)
        return ExitCode::product_failed;
    if (count(Outcome::broken) > 0) {
        const bool bad_scenario =
            std::any_of(cases.begin(), cases.end(), [](const CaseResult& result) {
                return std::any_of(result.failures.begin(), result.failures.end(),
                                   [](const Failure& failure) {
                                       return failure.error.kind == ErrorKind::scenario;
                                   });
            });
        return bad_scenario ? ExitCode::bad_scenario : ExitCode::lab_broken;
    }
    if (count(Outcome::interrupted) > 0)
        return ExitCode::interrupted;
    return count(Outcome::passed) > 0 ? ExitCode::all_passed : ExitCode::all_skipped;
}

} // namespace vtpmlab::report
