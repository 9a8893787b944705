#pragma once
// The leaks that are known: what Nova, or what real libvirt makes of it, leaves behind after a
// server is gone. One table, which the loader, the JSON Schema and scenarios/README.md share, so
// that an id means the same thing in every scenario and a new leak cannot pass under the id of an
// old one.
//
// D1 to D25 are the reference's (nova-vtpm §10.2), D26 follows them; X is what this project found
// (scenarios/docs/real_libvirt.md). Findings that leave nothing behind are not here.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

struct KnownLeak {
    std::string id;
    std::vector<std::string> stores; // as Leftover names them
    std::string why;                 // what stays, and why
    // Whether it is there at all the scenario does not decide; then its absence is no failure, and
    // there may be any number.
    bool comes_by_chance = false;
};

[[nodiscard]] std::span<const KnownLeak> known_leaks();
[[nodiscard]] const KnownLeak* find_known_leak(std::string_view id);

// The model has no such store: what is expected there is expected of real hosts alone.
[[nodiscard]] bool is_of_real_hosts(std::string_view store);

// Every store an audit looks into.
[[nodiscard]] const std::vector<std::string>& audited_stores();

} // namespace vtpmlab::scenario
