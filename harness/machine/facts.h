#pragma once
// What `vtpmlab doctor` tells: which tools, users and kernel features this machine has, which of
// them guests need, and what to do about each that is missing. Looks only; changes nothing.

#include "machine/accelerator.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::machine {

enum class FactState {
    ok,
    warning, // works, but slower or with less shown
    missing, // runs at guest depth cannot work
};

struct Fact {
    std::string name; // "QEMU"
    FactState state = FactState::ok;
    std::string value;  // "7.2.22 (/usr/bin/qemu-system-x86_64)"
    std::string advice; // what to do; empty when nothing is
};

struct FactsQuery {
    std::filesystem::path guest_directory; // where vmlinuz and initramfs should be
    AcceleratorCheck accelerator;
    // Where a tool is; empty: as the shell would find it.
    std::function<std::optional<std::filesystem::path>(const std::string&)> find;
};

[[nodiscard]] std::vector<Fact> find_facts(const FactsQuery& query);

// An error that names each program without which no guest can run here, and its package. Runs none
// of them. `find` as above.
[[nodiscard]] Status check_tools(
    const std::function<std::optional<std::filesystem::path>(const std::string&)>& find = {});

} // namespace vtpmlab::machine
