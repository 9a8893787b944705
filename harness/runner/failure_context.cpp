#include "runner/failure_context.h"

#include "core/files.h"
#include "core/text.h"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <utility>

namespace vtpmlab::runner {
namespace {

constexpr std::size_t console_lines = 12;
constexpr std::size_t compute_warnings = 3;

void keep_last(std::vector<std::string>& lines, std::size_t count) {
    if (lines.size() > count)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
}

} // namespace

StepFailure blame_the_lab(StepFailure failure, std::vector<Error> troubles) {
    if (failure.error.kind != ErrorKind::product || troubles.empty())
        return failure;
    failure.finding = report::Finding::none;
    Error error = std::move(troubles.front());
    for (std::size_t i = 1; i < troubles.size(); ++i)
        error.causes.push_back(std::move(troubles[i].message));
    error.causes.push_back("the step saw: " + failure.error.message);
    for (auto& cause : failure.error.causes)
        error.causes.push_back(std::move(cause));
    failure.error = std::move(error);
    return failure;
}

std::vector<std::string> last_warnings(const std::filesystem::path& compute_log) {
    std::istringstream log(tail_of_file(compute_log, 65536));
    std::vector<std::string> warnings;
    for (std::string line; std::getline(log, line);)
        for (const char* level : {" WARNING ", " ERROR "})
            if (const auto at = line.find(level); at != std::string::npos) {
                warnings.push_back("compute.log: " + line.substr(at + 1));
                break;
            }
    keep_last(warnings, compute_warnings);
    return warnings;
}

std::vector<std::string> last_console_lines(const std::filesystem::path& console_log) {
    std::istringstream console(printable(tail_of_file(console_log, 16384), 16384));
    std::vector<std::string> lines;
    for (std::string line; std::getline(console, line);) {
        while (line.ends_with("\\x0d")) // the carriage returns, made printable
            line.resize(line.size() - 4);
        if (!line.empty())
            lines.push_back(std::move(line));
    }
    keep_last(lines, console_lines);
    return lines;
}

} // namespace vtpmlab::runner
