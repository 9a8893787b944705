// What is done to a host with its nova-compute, and to the time they live in.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

#include <vtpmlab/compute_control.h>

namespace vtpmlab::scenario {

using namespace build;

namespace {

// What every start of nova-compute leaves behind.
std::vector<ResultField> start_results() {
    return {{"refused", "true when nova-compute refused to start"},
            {"message", "Nova's own words"}};
}

} // namespace

std::vector<Verb> compute_verbs() {
    return {{"power-off-host",
             "pull a host's plug: guests, daemons and TPMs die, the disk stays",
             map_of({host_name()}),
             {}},
            {"boot-host", "turn a host on again: libvirtd, then nova-compute",
             map_of({host_name()}), start_results()},
            {"compute-stop",
             "stop nova-compute of a host; what is asked of it waits for the next start",
             map_of({host_name()}),
             {}},
            {"compute-kill",
             "kill nova-compute of a host, at once or after something there has done a step",
             map_of({host_name(),
                     may("after", one_of({compute_step::all.begin(), compute_step::all.end()}),
                         "the step, as the compute log names it")}),
             {}},
            {"compute-start", "start nova-compute of a host; it goes on with what it finds",
             map_of({host_name()}), start_results()},
            {"compute-configure",
             "write lines into a host's nova.conf, for the next start",
             map_of({host_name(), may("swtpm_enabled", boolean(), "[libvirt] swtpm_enabled"),
                     may("swtpm_user", text(), "[libvirt] swtpm_user; qemu.conf keeps its own"),
                     may("swtpm_group", text(), "[libvirt] swtpm_group"),
                     may("supported_tpm_secret_security",
                         list_of(one_of({"user", "host", "deployment"})),
                         "[libvirt] supported_tpm_secret_security"),
                     may("virt_type", one_of({"kvm", "qemu", "lxc"}), "[libvirt] virt_type")}),
             {}},
            {"expect-compute",
             "wait until nova-compute of a host is up, or down",
             map_of({host_name(), needs("state", one_of({"up", "down"}), "which"), timeout("60s")}),
             {}},
            {"advance-clock",
             "let time pass for all services; what they do from time to time is done as often as "
             "Nova does it in that time",
             map_of({needs("by", duration(), "how much")}),
             {}}};
}

} // namespace vtpmlab::scenario
