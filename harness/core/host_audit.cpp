#include "core/host_audit.h"

namespace vtpmlab {

Result<std::vector<Leftover>> leftovers_on(const std::string& host, Hypervisor& hypervisor,
                                           const std::filesystem::path& instances) {
    std::vector<Leftover> left;
    VTPMLAB_TRY(const auto domains, hypervisor.domains());
    for (const auto& domain : domains)
        left.push_back({"domain", host, domain.name});
    VTPMLAB_TRY(const auto secrets, hypervisor.secrets());
    for (const auto& secret : secrets)
        left.push_back({"libvirt secret", host, secret.uuid});
    VTPMLAB_TRY(const auto states, hypervisor.tpm_states());
    for (const auto& state : states)
        left.push_back({"swtpm directory", host, state.directory.string()});
    std::error_code code;
    auto at = std::filesystem::directory_iterator(instances, code);
    for (; !code && at != std::filesystem::directory_iterator(); at.increment(code))
        if (at->path().filename() != "_base") // the cache of images, the host's own
            left.push_back({"instance directory", host, at->path().string()});
    // A host that never had an instance has no directory for them.
    if (code && code != std::errc::no_such_file_or_directory)
        return fail(ErrorKind::lab, "cannot look for instance directories: " + code.message(),
                    instances.string(), "let the user who runs vtpmlab read it");
    return left;
}

} // namespace vtpmlab
