#pragma once
// The commands as the command line offers them. Each adds its options to the parser, and says what
// they come to when it was the one that was given: the command, or what is wrong with its options.

#include "cli/arguments.h"

#include <vtpmlab/result.h>

#include <functional>

namespace CLI {
class App;
}

namespace vtpmlab::cli {

struct OfferedCommand {
    const CLI::App* parser;
    std::function<Result<Command>()> finish; // after the parser has filled its values
};

// `cores` is what --jobs is when nobody says otherwise.
[[nodiscard]] OfferedCommand offer_run(CLI::App& app, unsigned cores);
[[nodiscard]] OfferedCommand offer_compare(CLI::App& app, unsigned cores);
[[nodiscard]] OfferedCommand offer_list(CLI::App& app);
[[nodiscard]] OfferedCommand offer_check(CLI::App& app);
[[nodiscard]] OfferedCommand offer_doctor(CLI::App& app);
[[nodiscard]] OfferedCommand offer_up(CLI::App& app); // up_options.cpp
[[nodiscard]] OfferedCommand offer_status(CLI::App& app);
[[nodiscard]] OfferedCommand offer_probe(CLI::App& app);
[[nodiscard]] OfferedCommand offer_down(CLI::App& app);
[[nodiscard]] OfferedCommand offer_journal(CLI::App& app);
[[nodiscard]] OfferedCommand offer_version(CLI::App& app);

// For those that can boot guests.
void add_guest_directory(CLI::App& command, std::string& directory);

} // namespace vtpmlab::cli
