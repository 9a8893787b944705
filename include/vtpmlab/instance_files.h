#pragma once
// What nova-compute does as root with the files of its host when a server moves: takes the TPM's
// state out of libvirt's hands, hands it to another host, gives it back to swtpm's user. Two
// implementations, as of Hypervisor; the same contract tests run on both.
//
// spec: nova-vtpm §5.7 (nova/virt/libvirt/utils.py: save_and_migrate_vtpm_dir, restore_vtpm_dir)

#include <vtpmlab/result.h>

#include <filesystem>
#include <string>

namespace vtpmlab {

class InstanceFiles {
public:
    InstanceFiles() = default;
    InstanceFiles(const InstanceFiles&) = delete;
    InstanceFiles& operator=(const InstanceFiles&) = delete;
    virtual ~InstanceFiles() = default;

    // Moves the instance's state directory to `into`/UUID (`into` is made) and gives it to nova's
    // user, which is the caller. False when the instance has none.
    [[nodiscard]] virtual Result<bool> save_tpm_state(const std::string& uuid,
                                                      const std::filesystem::path& into) = 0;

    // Gives `saved` (…/swtpm/UUID) to that user and group and moves it where libvirt looks for it;
    // makes libvirt's swtpm directory (0711) when the host has none. Errors, of kind product, are
    // Nova's: "Guest wants emulated TPM but host path … is not a directory.", and "Destination path
    // '…' already exists" when the host has a state for this instance.
    // spec: nova-vtpm §LIF-RSZ-9
    [[nodiscard]] virtual Status restore_tpm_state(const std::filesystem::path& saved,
                                                   const std::string& user,
                                                   const std::string& group) = 0;

    // The other host's nova-compute copies a file or a tree of files here, over scp: contents and
    // modes, owned by nova's user; `to` is what `from` becomes. Its directory is made. What came
    // over before an error stays.
    [[nodiscard]] virtual Status receive(const std::filesystem::path& from,
                                         const std::filesystem::path& to) = 0;
};

} // namespace vtpmlab
