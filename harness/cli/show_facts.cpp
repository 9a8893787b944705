// `vtpmlab doctor`.

#include "cli/commands.h"
#include "cli/guest_directory.h"
#include "machine/facts.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cli {
namespace {

std::string_view word(machine::FactState state) {
    switch (state) {
    case machine::FactState::ok:
        return "ok";
    case machine::FactState::warning:
        return "warning";
    case machine::FactState::missing:
        return "MISSING";
    }
    return "MISSING";
}

} // namespace

ExitCode show_facts(const DoctorCommand& command) {
    machine::FactsQuery query;
    query.guest_directory = this_guest_directory(command.guest_directory);
    query.accelerator.cache = machine::default_accelerator_cache();
    if (holds_guest(query.guest_directory))
        query.accelerator.kernel = query.guest_directory / "vmlinuz";
    const auto facts = machine::find_facts(query);
    std::size_t width = 0;
    for (const auto& fact : facts)
        width = std::max(width, fact.name.size());
    bool is_able = true;
    for (const auto& fact : facts) {
        fmt::print("{:<7}  {:<{}}  {}\n", word(fact.state), fact.name, width, fact.value);
        if (!fact.advice.empty())
            fmt::print("{:<7}  {:<{}}  → {}\n", "", "", width, fact.advice);
        is_able = is_able && fact.state != machine::FactState::missing;
    }
    fmt::print("\n{}\n", is_able ? "scenarios can run at depth guest here"
                                 : "scenarios can run at depth model only, until what is missing "
                                   "is there");
    return is_able ? ExitCode::all_passed : ExitCode::lab_broken;
}

} // namespace vtpmlab::cli
