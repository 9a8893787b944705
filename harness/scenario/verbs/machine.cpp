// What is done to a host from below its hypervisor.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

#include <vtpmlab/host_machine.h>

namespace vtpmlab::scenario {

using namespace build;

namespace {

Field fault_name() {
    std::vector<std::string> names;
    for (const HostFault fault : all_host_faults)
        names.emplace_back(to_string(fault));
    return needs("fault", one_of(std::move(names)), "what is wrong");
}

} // namespace

std::vector<Verb> machine_verbs() {
    return {{"break-host",
             "let something on a host fail until it is mended",
             map_of({host_name(), fault_name()}),
             {}},
            {"mend-host", "end what break-host began", map_of({host_name(), fault_name()}), {}},
            {"kill-process",
             "kill the process of a server, as the kernel would",
             map_of({server(), needs("process", one_of({"qemu", "swtpm"}), "which one")}),
             {}},
            {"restart-libvirtd",
             "restart a host's libvirtd under its guests",
             map_of({host_name()}),
             {}},
            {"lose-host-secrets",
             "remove the files of a host's libvirt secrets by hand",
             map_of({host_name()}),
             {}}};
}

} // namespace vtpmlab::scenario
