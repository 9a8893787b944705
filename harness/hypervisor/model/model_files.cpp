// The model's moves of TPM state: in memory on a host, a file between hosts.

#include "core/copy.h"
#include "core/files.h"
#include "hypervisor/model/model_errors.h"
#include "hypervisor/model/model_hypervisor.h"

namespace vtpmlab::model {
namespace {

namespace fs = std::filesystem;

// As swtpm lays it out (spec: nova-vtpm §4.5).
fs::path blob_of(TpmVersion version) {
    return version == TpmVersion::v1_2 ? "tpm1.2/tpm-00.permall" : "tpm2/tpm2-00.permall";
}

tl::unexpected<Error> cannot(const std::string& what, const std::error_code& code) {
    return fail(ErrorKind::lab, fmt::format("cannot {}: {}", what, code.message()));
}

} // namespace

fs::path ModelHypervisor::state_directory(const std::string& uuid) const {
    return fs::path("model") / config_.hostname / "swtpm" / uuid;
}

Result<std::vector<TpmStateInfo>> ModelHypervisor::tpm_states() {
    const std::lock_guard lock(mutex_);
    std::vector<TpmStateInfo> all;
    for (const auto& [uuid, state] : tpm_states_) {
        TpmStateInfo info;
        info.directory = state_directory(uuid);
        info.owner = state.owner;
        // What real libvirt and Nova give; the model has no directories, and nobody may take this
        // for a finding.
        info.mode = 0700;
        info.root_mode = 0711;
        info.version = state.tpm.version;
        info.is_encrypted = !state.tpm.passphrase_digest.empty();
        // Measured: what the real swtpm writes for a fresh TPM.
        info.size_bytes = state.tpm.version == TpmVersion::v1_2 ? 3836 : 6236;
        all.push_back(std::move(info));
    }
    return all;
}

Result<bool> ModelHypervisor::opens_tpm_state(const std::string& uuid,
                                              const SecretValue& passphrase) {
    const std::lock_guard lock(mutex_);
    const auto found = tpm_states_.find(uuid);
    if (found == tpm_states_.end())
        return fail(ErrorKind::product,
                    fmt::format("{} has no TPM state on {}", uuid, config_.hostname));
    return opens_with(found->second.tpm, passphrase);
}

Result<bool> ModelHypervisor::save_tpm_state(const std::string& uuid, const fs::path& into) {
    const std::lock_guard lock(mutex_);
    const auto found = tpm_states_.find(uuid);
    if (found == tpm_states_.end())
        return false;
    const fs::path blob = into / uuid / blob_of(found->second.tpm.version);
    VTPMLAB_CHECK(make_directories(blob.parent_path()));
    VTPMLAB_CHECK(write_file(blob, to_text(found->second.tpm), FileMode::owner_only));
    tpm_states_.erase(found);
    return true;
}

Status ModelHypervisor::restore_tpm_state(const fs::path& saved, const std::string& user,
                                          const std::string&) {
    const std::lock_guard lock(mutex_);
    const std::string uuid = saved.filename().string();
    const fs::path root = state_directory(uuid).parent_path();
    if (faults_.contains(HostFault::swtpm_root_is_a_file))
        return fail(ErrorKind::product,
                    fmt::format("Guest wants emulated TPM but host path {} is not a directory.",
                                root.string()));
    if (faults_.contains(HostFault::swtpm_disk_is_full)) {
        // Its files are there, and empty: a TPM that opens with no passphrase.
        const bool is_1_2 = std::filesystem::exists(saved / blob_of(TpmVersion::v1_2));
        SimulatedTpm nothing;
        nothing.version = is_1_2 ? TpmVersion::v1_2 : TpmVersion::v2_0;
        tpm_states_.insert_or_assign(uuid, TpmState{std::move(nothing), "root"});
        return fail(ErrorKind::product, no_space_left(root / uuid));
    }
    if (tpm_states_.contains(uuid))
        return fail(ErrorKind::product, fmt::format("Destination path '{}' already exists",
                                                    state_directory(uuid).string()));
    for (const TpmVersion version : {TpmVersion::v1_2, TpmVersion::v2_0}) {
        std::error_code code;
        if (!fs::exists(saved / blob_of(version), code))
            continue;
        VTPMLAB_TRY(const auto text, read_file(saved / blob_of(version)));
        VTPMLAB_TRY(auto tpm, parse_simulated_tpm(text));
        tpm_states_.insert_or_assign(uuid, TpmState{std::move(tpm), user});
    }
    std::error_code code;
    fs::remove_all(saved, code);
    if (code)
        return cannot("remove " + saved.string(), code);
    return {};
}

Status ModelHypervisor::receive(const fs::path& from, const fs::path& to) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("scp"));
    std::error_code ignored;
    const bool breaks_off =
        faults_.contains(HostFault::copy_fails) ||
        (faults_.contains(HostFault::tpm_copy_fails) && fs::is_directory(from, ignored));
    return copy_between_hosts(from, to, breaks_off ? CopyBreaksOff::half_way : CopyBreaksOff::no);
}

} // namespace vtpmlab::model
