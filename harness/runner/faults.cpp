#include "runner/faults.h"

#include "faults/fault_rule_json.h"
#include "runner/journal_query.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::runner {

VerbResult faults_that_acted(Lab& lab) {
    VTPMLAB_TRY(const auto records, lab.faults());
    nlohmann::json faults = nlohmann::json::array();
    for (const auto& record : records) {
        if (record.hits == 0) {
            auto failure =
                unmet(report::Finding::unexpected_result,
                      fmt::format("fault {} never acted: {}", record.id, fault_text(record.rule)),
                      "a fault that does not act proves nothing");
            VTPMLAB_TRY(const auto seen, lab.seen_requests());
            WantedRequest wanted;
            wanted.service = record.rule.service;
            wanted.method = record.rule.method;
            wanted.route = record.rule.route;
            wanted.user = record.rule.user;
            wanted.role = record.rule.role;
            wanted.project = record.rule.project;
            wanted.service_user = record.rule.service_user;
            failure.value().error.causes.push_back(fmt::format(
                "calls that fit: {}, of which {} pass first", record.calls, record.rule.skip));
            for (auto& text : nearest(wanted, seen))
                failure.value().error.causes.push_back(std::move(text));
            return failure;
        }
        auto fault = to_json(record.rule);
        fault["id"] = record.id;
        fault["calls"] = record.calls;
        fault["hits"] = record.hits;
        faults.push_back(std::move(fault));
    }
    return nlohmann::json{{"faults", std::move(faults)}};
}

} // namespace vtpmlab::runner
