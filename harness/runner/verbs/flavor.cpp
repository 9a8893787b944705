// flavor-create, flavor-set, flavor-unset, flavor-show.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/servers.h"
#include "runner/verb.h"

#include <fmt/format.h>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

std::string compute_version(const json& args) {
    return args.contains("microversion") ? "compute " + args["microversion"].get<std::string>()
                                         : newest_compute;
}

std::string flavor_path(const json& args) {
    return "/flavors/" + percent_encoded(args.at("flavor").get<std::string>());
}

Result<Answer> set_extra_specs(const StepCall& call_in, const std::string& flavor,
                               const json& extra_specs) {
    ApiCall api_call;
    api_call.service = "compute";
    api_call.method = "POST";
    api_call.path = "/flavors/" + percent_encoded(flavor) + "/os-extra_specs";
    api_call.microversion = compute_version(call_in.args.value);
    api_call.body = client::Body::json({{"extra_specs", extra_specs}});
    return call(call_in.caller, api_call, call_in.deadline);
}

VerbResult flavor_create(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    json flavor = {{"name", args.at("name")},
                   {"ram", args.at("ram")},
                   {"vcpus", args.at("vcpus")},
                   {"disk", args.at("disk")}};
    ApiCall api_call;
    api_call.service = "compute";
    api_call.method = "POST";
    api_call.path = "/flavors";
    api_call.microversion = compute_version(args);
    api_call.body = client::Body::json({{"flavor", flavor}});
    VTPMLAB_TRY(const auto created, call(step.caller, api_call, step.deadline));
    json result = result_of(created);
    if (!created.is_success())
        return result;
    const std::string id = created.body.at("flavor").at("id").get<std::string>();
    result["id"] = id;
    result["name"] = args.at("name");
    result["extra_specs"] = json::object();
    const json properties = args.value("properties", json::object());
    if (properties.empty())
        return result;
    // As the client does it: the flavor first, then its extra specs. A refusal of the second is
    // the answer of the step; the flavor stands, without extra specs.
    VTPMLAB_TRY(const auto specs, set_extra_specs(step, id, properties));
    result.update(result_of(specs));
    if (specs.is_success())
        result["extra_specs"] = specs.body.value("extra_specs", json::object());
    return result;
}

VerbResult flavor_set(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    const auto flavor = args.at("flavor").get<std::string>();
    VTPMLAB_TRY(const auto specs, set_extra_specs(step, flavor, args.at("properties")));
    json result = result_of(specs);
    if (specs.is_success())
        result["extra_specs"] = specs.body.value("extra_specs", json::object());
    return result;
}

VerbResult flavor_unset(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    json result = {{"status", 200}};
    for (const auto& name : args.at("properties")) {
        ApiCall api_call;
        api_call.service = "compute";
        api_call.method = "DELETE";
        api_call.path =
            flavor_path(args) + "/os-extra_specs/" + percent_encoded(name.get<std::string>());
        api_call.microversion = compute_version(args);
        VTPMLAB_TRY(const auto answer, call(step.caller, api_call, step.deadline));
        result = result_of(answer);
        if (!answer.is_success())
            break;
    }
    return result;
}

VerbResult flavor_show(CaseContext&, const StepCall& step) {
    ApiCall api_call;
    api_call.service = "compute";
    api_call.path = flavor_path(step.args.value);
    api_call.microversion = compute_version(step.args.value);
    VTPMLAB_TRY(const auto shown, call(step.caller, api_call, step.deadline));
    json result = result_of(shown);
    if (!shown.is_success())
        return result;
    const json& flavor = shown.body.at("flavor");
    result["id"] = flavor.at("id");
    result["name"] = flavor.at("name");
    // In the body itself from 2.61 on; a resource of its own in every version.
    api_call.path += "/os-extra_specs";
    VTPMLAB_TRY(const auto specs, must(step.caller, api_call, step.deadline));
    result["extra_specs"] = specs.body.value("extra_specs", json::object());
    return result;
}

constexpr std::array<VerbEntry, 4> entries = {{
    {"flavor-create", flavor_create},
    {"flavor-set", flavor_set},
    {"flavor-unset", flavor_unset},
    {"flavor-show", flavor_show},
}};

} // namespace

std::span<const VerbEntry> flavor_verbs() { return entries; }

} // namespace vtpmlab::runner
