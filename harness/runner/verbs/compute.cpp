// power-off-host, boot-host, compute-stop, compute-kill, compute-start, compute-configure,
// expect-compute, advance-clock: the services of hosts, and the time they live in.

#include "runner/case_context.h"
#include "runner/verb.h"
#include "scenario/duration.h"

#include <vtpmlab/compute_control.h>
#include <vtpmlab/host_machine.h>

#include <nlohmann/json.hpp>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

std::string host_of(const StepCall& step) { return step.args.value.value("host", std::string()); }

VerbResult stop(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(ComputeControl* const compute, context.lab().compute(host_of(step)));
    compute->stop();
    return json::object();
}

VerbResult kill(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(ComputeControl* const compute, context.lab().compute(host_of(step)));
    if (step.args.value.contains("after"))
        compute->kill_after(step.args.value["after"].get<std::string>());
    else
        compute->kill();
    return json::object();
}

// A refusal is a result for a step that expects one, and the step's failure otherwise.
VerbResult start(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(ComputeControl* const compute, context.lab().compute(host_of(step)));
    const Status started = compute->start();
    if (started)
        return json{{"refused", false}};
    if (started.error().kind != ErrorKind::product || !step.step.expect)
        return fail(started.error());
    return json{{"refused", true}, {"message", started.error().message}};
}

VerbResult configure(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(ComputeControl* const compute, context.lab().compute(host_of(step)));
    const json& args = step.args.value;
    ComputeSettings settings;
    if (args.contains("swtpm_enabled"))
        settings.swtpm_enabled = args["swtpm_enabled"].get<bool>();
    if (args.contains("swtpm_user"))
        settings.swtpm_user = args["swtpm_user"].get<std::string>();
    if (args.contains("swtpm_group"))
        settings.swtpm_group = args["swtpm_group"].get<std::string>();
    if (args.contains("virt_type"))
        settings.virt_type = args["virt_type"].get<std::string>();
    if (args.contains("supported_tpm_secret_security")) {
        auto& modes = settings.supported_tpm_secret_security.emplace();
        for (const auto& mode : args["supported_tpm_secret_security"])
            modes.insert(parse_secret_security(mode.get<std::string>()).value());
    }
    compute->configure(settings);
    return json::object();
}

VerbResult expect_compute(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(ComputeControl* const compute, context.lab().compute(host_of(step)));
    const auto state = step.args.value.at("state").get<std::string>();
    while (compute->is_running() != (state == "up"))
        VTPMLAB_CHECK(context.pause(step.deadline, "nova-compute to be " + state,
                                    state == "up" ? "it is down" : "it is up"));
    return json::object();
}

VerbResult advance_clock(CaseContext& context, const StepCall& step) {
    const auto by = scenario::parse_duration(step.args.value.at("by").get<std::string>());
    if (!by)
        return fail(ErrorKind::scenario, "not a duration");
    VTPMLAB_CHECK(context.lab().advance_clock(*by));
    return json::object();
}

VerbResult power_off(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(ComputeControl* const compute, context.lab().compute(host_of(step)));
    VTPMLAB_TRY(HostMachine* const machine, context.lab().machine(host_of(step)));
    compute->kill();
    VTPMLAB_CHECK(machine->power_off());
    return json::object();
}

VerbResult boot(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(HostMachine* const machine, context.lab().machine(host_of(step)));
    VTPMLAB_CHECK(machine->boot());
    return start(context, step);
}

constexpr std::array<VerbEntry, 8> entries = {{
    {"power-off-host", power_off},
    {"boot-host", boot},
    {"compute-stop", stop},
    {"compute-kill", kill},
    {"compute-start", start},
    {"compute-configure", configure},
    {"expect-compute", expect_compute},
    {"advance-clock", advance_clock},
}};

} // namespace

std::span<const VerbEntry> compute_verbs() { return entries; }

} // namespace vtpmlab::runner
