#include "scenario/load_faults.h"

#include "faults/fault_rule_json.h"
#include "scenario/format.h"

#include <utility>

namespace vtpmlab::scenario {

std::vector<PlacedFault> load_faults(const Located& file, LoadErrors& errors) {
    std::vector<PlacedFault> faults;
    const std::size_t count =
        file.value.contains("faults") ? file.value["faults"].size() : std::size_t{0};
    for (std::size_t i = 0; i < count; ++i) {
        const Located fault = file.at(child("/faults", i));
        if (auto rule = load_fault(fault, errors))
            faults.push_back({*std::move(rule), fault.place()});
    }
    return faults;
}

std::optional<FaultRule> load_fault(const Located& fault, LoadErrors& errors) {
    auto rule = parse_fault_rule(fault.value);
    if (rule)
        return *std::move(rule);
    auto& error = rule.error();
    errors.add(error.pointer.empty() ? fault.place() : fault.key_place(error.pointer),
               std::move(error.message), std::move(error.hint));
    return std::nullopt;
}

} // namespace vtpmlab::scenario
