#include "scenario/known_leaks.h"

#include <algorithm>

namespace vtpmlab::scenario {

std::span<const KnownLeak> known_leaks() {
    static const std::vector<KnownLeak> table = {
        {"D3",
         {"libvirt secret"},
         "confirming a resize out of mode host forgets the source's libvirt secret"},
        {"D5",
         {"swtpm directory"},
         "reverting a resize on shared disks keeps the TPM state on the destination"},
        {"D8", {"barbican"}, "reclaiming a softly deleted server has no token for its secret"},
        {"D9",
         {"barbican"},
         "deleting a server whose nova-compute is down leaves its secret to nobody"},
        {"D12",
         {"domain", "instance directory"},
         "a confirm by the clock stops at the secret, before it comes to the source; until the "
         "reaper, within half an hour of the server's delete"},
        {"D24",
         {"swtpm directory"},
         "deleting a server whose second TPM met the first one's state on shared disks leaves it"},
        {"D25",
         {"swtpm directory"},
         "deleting a server whose domain is undefined leaves the TPM state, which libvirt kept"},
        {"D26",
         {"placement", "instance directory"},
         "a nova-compute that died during a move forgets the move's allocation, and its copy"},
        {"X1",
         {"instance directory", "domain", "libvirt secret"},
         "a move that failed on the destination is never confirmed, and the source not cleaned "
         "until the reaper, within half an hour of the server's delete"},
        {"X7",
         {"socket"},
         "a power cut leaves QEMU's monitor socket on the host's disk, until libvirt gives a "
         "domain "
         "of that name the same number; no failure when it is not there",
         true},
    };
    return table;
}

const KnownLeak* find_known_leak(std::string_view id) {
    const auto leaks = known_leaks();
    const auto found = std::ranges::find(leaks, id, &KnownLeak::id);
    return found == leaks.end() ? nullptr : &*found;
}

bool is_of_real_hosts(std::string_view store) { return store == "process" || store == "socket"; }

const std::vector<std::string>& audited_stores() {
    static const std::vector<std::string> stores = {
        "barbican",        "placement",          "domain",  "libvirt secret",
        "swtpm directory", "instance directory", "process", "socket"};
    return stores;
}

} // namespace vtpmlab::scenario
