#pragma once
// A lab that does what it is told, also what a cloud should never do. Behind it stands one small
// HTTP server with just enough of Keystone, Nova, Glance, Barbican and Placement to be talked to;
// what the real services answer is tested elsewhere.
//
// Every secret it hands out contains `known_secret`, so that a test can search artefacts for it.

#include <vtpmlab/lab.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::support {

inline constexpr const char* known_secret = "K3NOWN-S3CRET";

struct Mischief {
    std::optional<Error> create_fails;        // instead of a lab
    std::string create_throws;                // instead of anything
    std::string server_ends = "ACTIVE";       // "BUILD" = it never gets anywhere
    std::string fault;                        // its message, with ERROR
    std::string migration_ends = "completed"; // the newest one's status
    std::string domain_model = "tpm-tis";     // empty = no <tpm>
    bool leaves_secrets = false;              // a deleted server's secret stays
    bool swaps_tpm = false;         // after a witness is planted the guest has another TPM
    bool swaps_disk = false;        // and its disk is the image's again
    bool shares_passphrase = false; // all servers have one passphrase
    bool refuses_deletion = false;  // 409
    bool loses_artefacts = false;   // they cannot be written
    bool audit_throws = false;      // leftovers() throws something that is no exception
    std::size_t servers_a_page = 1000;
    bool forgets_markers = false; // every page of a list is the first
    std::vector<std::string> warnings;
    std::vector<Error> troubles; // see Lab::troubles()
};

class MischievousLabs final : public LabFactory {
public:
    explicit MischievousLabs(Mischief mischief = {});
    ~MischievousLabs() override;
    [[nodiscard]] Result<std::unique_ptr<Lab>> create(const CloudSpec& spec, Depth depth) override;

    [[nodiscard]] int alive() const { return *alive_; } // labs not yet taken down
    [[nodiscard]] int made() const { return made_; }

private:
    Mischief mischief_;
    std::shared_ptr<std::atomic<int>> alive_ = std::make_shared<std::atomic<int>>(0);
    std::atomic<int> made_{0};
};

// By name, for programs: "none", "stuck", "error", "wrong-model", "leaves-secrets", …
[[nodiscard]] std::optional<Mischief> mischief_named(const std::string& name);

} // namespace vtpmlab::support
