#include "report/json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vtpmlab::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_number = 1;

// What a guest said may be no UTF-8; a report must be written all the same.
std::string dump(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const StepInfo& step) {
    return {{"number", step.number},
            {"title", step.title},
            {"verb", step.verb},
            {"place", step.place.text()}};
}

Json to_json(const StepResult& result) {
    Json json = to_json(result.step);
    json["outcome"] = to_string(result.outcome);
    json["milliseconds"] = result.duration.count();
    if (!result.notes.empty())
        json["notes"] = result.notes;
    if (!result.seen.empty())
        json["seen"] = Json::parse(result.seen, nullptr, false);
    return json;
}

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return "usage";
    case ErrorKind::scenario:
        return "scenario";
    case ErrorKind::lab:
        return "lab";
    case ErrorKind::product:
        return "product";
    case ErrorKind::skipped:
        return "skipped";
    case ErrorKind::interrupted:
        return "interrupted";
    }
    return "lab";
}

Json to_json(const Failure& failure) {
    Json json{{"kind", to_string(failure.error.kind)},
              {"finding", report::to_string(failure.finding)},
              {"message", failure.error.message}};
    if (!failure.step.title.empty())
        json["step"] = to_json(failure.step);
    if (!failure.error.where.empty())
        json["where"] = failure.error.where;
    if (!failure.error.causes.empty())
        json["causes"] = failure.error.causes;
    if (!failure.error.hint.empty())
        json["hint"] = failure.error.hint;
    for (const auto& difference : failure.differences)
        json["differences"].push_back({{"path", difference.path},
                                       {"expected", difference.expected},
                                       {"actual", difference.actual},
                                       {"place", difference.place.text()}});
    for (const auto& console : failure.consoles)
        json["consoles"].push_back(
            {{"server", console.server}, {"file", console.file}, {"last_lines", console.lines}});
    return json;
}

Json to_json(const CaseInfo& info) {
    return {
        {"name", info.name},     {"file", info.file},           {"depth", to_string(info.depth)},
        {"labels", info.labels}, {"artefacts", info.artefacts}, {"reproduce", info.reproduce}};
}

Json to_json(const CaseResult& result) {
    Json json = to_json(result.info);
    json["outcome"] = report::to_string(result.outcome);
    json["milliseconds"] = result.duration.count();
    json["lab"] = result.lab;
    if (result.outcome == Outcome::skipped)
        json["skip_reason"] = result.skip_reason;
    if (!result.warnings.empty())
        json["warnings"] = result.warnings;
    for (const auto& failure : result.failures)
        json["failures"].push_back(to_json(failure));
    json["steps"] = Json::array();
    for (const auto& step : result.steps)
        json["steps"].push_back(to_json(step));
    return json;
}

Json to_json(const RunInfo& info) {
    return {{"format", format_number},        {"run", info.id},    {"started", info.started},
            {"depth", to_string(info.depth)}, {"jobs", info.jobs}, {"out", info.out}};
}

Json totals(const RunSummary& summary) {
    Json json{{"cases", summary.cases.size()}};
    for (auto outcome : {Outcome::passed, Outcome::failed, Outcome::broken, Outcome::skipped,
                         Outcome::interrupted})
        json[std::string{to_string(outcome)}] = summary.count(outcome);
    Json reasons = Json::object();
    for (const auto& [reason, count] : summary.skips())
        reasons[reason] = count;
    json["skip_reasons"] = std::move(reasons);
    return json;
}

} // namespace

std::string results_json(const RunSummary& summary) {
    Json json = to_json(summary.info);
    json["milliseconds"] = summary.duration.count();
    json["was_interrupted"] = summary.was_interrupted;
    json["exit_code"] = static_cast<int>(summary.exit_code());
    json["totals"] = totals(summary);
    json["cases"] = Json::array();
    for (const auto& result : summary.cases)
        json["cases"].push_back(to_json(result));
    return dump(json, 2) + "\n";
}

struct EventLog::File {
    int fd = -1;
    std::filesystem::path path;
    int first_error = 0;
    TimePoint started;

    void write(std::string_view event, TimePoint at, const Json& fields) {
        Json json{{"event", event},
                  {"ms", std::chrono::duration_cast<Duration>(at - started).count()}};
        json.update(fields);
        const std::string line = dump(json, -1) + "\n";
        // One write a line: a reader never sees the first half of an event alone.
        if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) &&
            first_error == 0)
            first_error = errno != 0 ? errno : EIO;
    }
};

EventLog::EventLog(std::unique_ptr<File> file) : file_(std::move(file)) {}

EventLog::~EventLog() { ::close(file_->fd); }

Result<std::unique_ptr<EventLog>> EventLog::create(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot write '{}': {}", path.string(), std::strerror(errno)), {},
                    "choose another directory with --out");
    auto file = std::make_unique<File>();
    file->fd = fd;
    file->path = path;
    return std::unique_ptr<EventLog>(new EventLog(std::move(file)));
}

Status EventLog::status() const {
    if (file_->first_error == 0)
        return {};
    return fail(ErrorKind::lab,
                fmt::format("cannot write '{}': {}", file_->path.string(),
                            std::strerror(file_->first_error)),
                {}, "free some disk space, or choose another directory with --out");
}

void EventLog::run_started(const RunInfo& info, TimePoint at) {
    file_->started = at;
    Json fields = to_json(info);
    fields["cases"] = info.cases;
    file_->write("run-started", at, fields);
}

void EventLog::case_started(CaseIndex index, const CaseInfo& info, TimePoint at) {
    Json fields{{"case", index}};
    fields.update(to_json(info));
    file_->write("case-started", at, fields);
}

void EventLog::step_started(CaseIndex index, const StepInfo& step, TimePoint at) {
    Json fields{{"case", index}};
    fields.update(to_json(step));
    file_->write("step-started", at, fields);
}

void EventLog::step_finished(CaseIndex index, const StepResult& step, TimePoint at) {
    Json fields{{"case", index}};
    fields.update(to_json(step));
    file_->write("step-finished", at, fields);
}

void EventLog::case_finished(CaseIndex index, const CaseResult& result, TimePoint at) {
    Json fields{{"case", index}};
    fields.update(to_json(result));
    fields.erase("steps"); // each had its own event
    file_->write("case-finished", at, fields);
}

void EventLog::notice(const std::string& text, TimePoint at) {
    file_->write("notice", at, {{"text", text}});
}

void EventLog::run_finished(const RunSummary& summary, TimePoint at) {
    file_->write("run-finished", at,
                 {{"exit_code", static_cast<int>(summary.exit_code())},
                  {"was_interrupted", summary.was_interrupted},
                  {"totals", totals(summary)}});
}

} // namespace vtpmlab::report
