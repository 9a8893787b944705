#include "cloud/api/extra_spec_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <regex>
#include <string_view>
#include <vector>

namespace vtpmlab::cloud {
namespace {

enum class Kind { boolean, integer, word, pattern };

struct Rule {
    std::string_view name; // a regular expression where the key has a number in it
    Kind kind;
    int minimum = 0;                       // of an integer
    std::vector<std::string_view> words{}; // of a word
    std::string_view expression{};         // of a pattern
    bool ReleaseProfile::*since = nullptr; // only in releases with this switch
};

constexpr std::string_view cpu_mask = R"(\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*)";

// The `hw:` namespace of nova/api/validation/extra_specs/hw.py.
const std::vector<Rule>& rules() {
    static const std::vector<Rule> table = {
        {"hw:boot_menu", Kind::boolean},
        {"hw:cpu_cores", Kind::integer, 1},
        {"hw:cpu_dedicated_mask", Kind::pattern, 0, {}, cpu_mask},
        {"hw:cpu_policy", Kind::word, 0, {"dedicated", "shared", "mixed"}},
        {"hw:cpu_realtime", Kind::boolean},
        {"hw:cpu_realtime_mask", Kind::pattern, 0, {}, cpu_mask},
        {"hw:cpu_sockets", Kind::integer, 1},
        {"hw:cpu_thread_policy", Kind::word, 0, {"prefer", "isolate", "require"}},
        {"hw:cpu_threads", Kind::integer, 1},
        {"hw:emulator_threads_policy", Kind::word, 0, {"isolate", "share"}},
        {"hw:hide_hypervisor_id", Kind::boolean},
        {"hw:locked_memory", Kind::boolean},
        {"hw:max_cpu_cores", Kind::integer, 1},
        {"hw:max_cpu_sockets", Kind::integer, 1},
        {"hw:max_cpu_threads", Kind::integer, 1},
        {"hw:mem_encryption", Kind::boolean},
        {"hw:mem_page_size",
         Kind::pattern,
         0,
         {},
         R"((large|small|any|\d+([kKMGT]i?)?(b|bit|B)?))"},
        {R"(hw:numa_cpus\.\d+)", Kind::pattern, 0, {}, cpu_mask},
        {R"(hw:numa_mem\.\d+)", Kind::integer, 1},
        {"hw:numa_nodes", Kind::integer, 1},
        {"hw:pci_numa_affinity_policy",
         Kind::word,
         0,
         {"required", "preferred", "legacy", "socket"}},
        {"hw:pmem", Kind::pattern, 0, {}, "([a-zA-Z0-9_]+(,)?)+"},
        {"hw:pmu", Kind::boolean},
        {"hw:serial_port_count", Kind::integer, 0},
        {"hw:tpm_model", Kind::word, 0, {"tpm-tis", "tpm-crb"}},
        {"hw:tpm_secret_security",
         Kind::word,
         0,
         {"user", "host", "deployment"},
         {},
         &ReleaseProfile::secret_security},
        {"hw:tpm_version", Kind::word, 0, {"1.2", "2.0"}},
        {"hw:vif_multiqueue_enabled", Kind::boolean},
        {"hw:viommu_model", Kind::word, 0, {"intel", "smmuv3", "virtio", "auto"}},
        {"hw:watchdog_action", Kind::word, 0, {"none", "pause", "poweroff", "reset", "disabled"}},
    };
    return table;
}

bool matches(const std::string& text, std::string_view expression) {
    return std::regex_match(text, std::regex(expression.begin(), expression.end()));
}

const Rule* find_rule(const ReleaseProfile& profile, const std::string& key) {
    for (const auto& rule : rules()) {
        if (rule.since && !(profile.*rule.since))
            continue;
        const bool is_expression = rule.name.find('\\') != std::string_view::npos;
        if (is_expression ? matches(key, rule.name) : key == rule.name)
            return &rule;
    }
    return nullptr;
}

// What Python's strict bool_from_string takes.
bool is_boolean_like(const std::string& value) {
    std::string lower;
    for (unsigned char c : value)
        if (!std::isspace(c))
            lower += static_cast<char>(std::tolower(c));
    constexpr std::array<std::string_view, 12> known = {"1", "t", "true",  "on",  "y", "yes",
                                                        "0", "f", "false", "off", "n", "no"};
    return std::find(known.begin(), known.end(), lower) != known.end();
}

std::optional<std::string> integer_violation(const std::string& value, int minimum) {
    int number = 0;
    const auto end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end)
        return fmt::format("Validation failed; '{}' is not a valid integer value.", value);
    if (number < minimum)
        return fmt::format("Validation failed; '{}' is less than the min value of '{}'.", value,
                           minimum);
    return std::nullopt;
}

} // namespace

std::optional<std::string> extra_spec_violation(const ReleaseProfile& profile,
                                                const std::string& key, const std::string& value) {
    const auto* rule = find_rule(profile, key);
    if (!rule) {
        if (!key.starts_with("hw:"))
            return std::nullopt;
        return fmt::format(
            "Validation failed; extra spec '{}' does not appear to be a valid extra spec.", key);
    }
    switch (rule->kind) {
    case Kind::boolean:
        if (!is_boolean_like(value))
            return fmt::format("Validation failed; '{}' is not a valid boolean-like value.", value);
        break;
    case Kind::integer:
        return integer_violation(value, rule->minimum);
    case Kind::word:
        if (std::find(rule->words.begin(), rule->words.end(), value) == rule->words.end())
            return fmt::format("Validation failed; '{}' is not one of: {}.", value,
                               fmt::join(rule->words, ", "));
        break;
    case Kind::pattern:
        if (!matches(value, rule->expression))
            return fmt::format("Validation failed; '{}' is not of the format '{}'.", value,
                               rule->expression);
        break;
    }
    return std::nullopt;
}

} // namespace vtpmlab::cloud
