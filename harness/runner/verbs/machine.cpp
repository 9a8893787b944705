// break-host, mend-host, kill-process, restart-libvirtd, lose-host-secrets: what goes wrong under a
// hypervisor, on purpose and by name.

#include "runner/case_context.h"
#include "runner/verb.h"

#include <vtpmlab/host_machine.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

std::string text_of(const StepCall& step, const char* key) {
    return step.args.value.value(key, std::string());
}

Result<HostMachine*> machine_of(CaseContext& context, const StepCall& step) {
    return context.lab().machine(text_of(step, "host"));
}

Result<HostFault> fault_of(const StepCall& step) {
    const auto name = text_of(step, "fault");
    for (const HostFault fault : all_host_faults)
        if (name == to_string(fault))
            return fault;
    return fail(ErrorKind::scenario, fmt::format("there is no fault '{}'", name));
}

VerbResult done(const Status& status) {
    VTPMLAB_CHECK(status);
    return json::object();
}

template <Status (HostMachine::*Act)()>
VerbResult act(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(HostMachine* const machine, machine_of(context, step));
    return done((machine->*Act)());
}

template <Status (HostMachine::*Act)(HostFault)>
VerbResult act_on_fault(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(const HostFault fault, fault_of(step));
    VTPMLAB_TRY(HostMachine* const machine, machine_of(context, step));
    return done((machine->*Act)(fault));
}

VerbResult kill_process(CaseContext& context, const StepCall& step) {
    const auto server = text_of(step, "server");
    VTPMLAB_TRY(const GuestPorts ports, context.lab().guest_ports(server));
    VTPMLAB_TRY(HostMachine* const machine, context.lab().machine(ports.host));
    return done(text_of(step, "process") == "qemu" ? machine->kill_qemu(server)
                                                   : machine->kill_swtpm(server));
}

constexpr std::array<VerbEntry, 5> entries = {{
    {"break-host", act_on_fault<&HostMachine::break_with>},
    {"mend-host", act_on_fault<&HostMachine::mend>},
    {"kill-process", kill_process},
    {"restart-libvirtd", act<&HostMachine::restart_libvirtd>},
    {"lose-host-secrets", act<&HostMachine::lose_secret_files>},
}};

} // namespace

std::span<const VerbEntry> machine_verbs() { return entries; }

} // namespace vtpmlab::runner
