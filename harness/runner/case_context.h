#pragma once
// One case while it runs: its cloud, the personas' sessions, what its steps have made so far. Lives
// on one thread.

#include "client/session.h"
#include "report/result.h"
#include "runner/interruption.h"
#include "scenario/match.h"

#include <vtpmlab/depth.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>
#include <vtpmlab/witness.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::runner {

using Deadline = std::chrono::steady_clock::time_point;

// A server a step asked for. Whoever made it deletes it: its secret in the key manager is the
// maker's (nova-vtpm §4.2), and only the maker can be sure to be allowed to delete it.
struct KnownServer {
    std::string id;
    std::string name;
    std::string persona;
    bool is_deleted = false;
};

// What Nova itself leaves behind in this case, by the reference's id: a leak that is known, and a
// failure of its own when it is not there any more.
struct KnownFinding {
    std::string id;    // "D25"
    std::string store; // as Leftover names it
    std::string host;  // empty: any
    std::size_t count = 1;
};

class CaseContext {
public:
    CaseContext(Lab& lab, std::filesystem::path directory, std::filesystem::path guest_directory,
                const Interruption& interruption)
        : lab_(lab), directory_(std::move(directory)), guest_directory_(std::move(guest_directory)),
          interruption_(interruption) {}

    [[nodiscard]] Lab& lab() { return lab_; }
    [[nodiscard]] Depth depth() const { return lab_.depth(); }
    // Where this case's artefacts go.
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    // Where the micro guest's kernel and initramfs are.
    [[nodiscard]] const std::filesystem::path& guest_directory() const { return guest_directory_; }

    [[nodiscard]] Result<client::Session*> session(const std::string& persona);

    // What is waited for from now on is something new: the first looks come soon again.
    void begin_waiting() { waiting_since_ = std::chrono::steady_clock::now(); }
    // Waits a little before looking again, longer the longer it has taken. An error of kind
    // interrupted when somebody asked to stop, of kind product with `seen` when the deadline is
    // over.
    [[nodiscard]] Status pause(Deadline deadline, const std::string& waiting_for,
                               const std::string& seen) const;
    [[nodiscard]] const Interruption& interruption() const { return interruption_; }

    void remember_server(KnownServer server);
    void forget_server(const std::string& id);
    // Asked for by the steps that come before an audit.
    std::vector<KnownFinding> known_findings;
    [[nodiscard]] std::vector<KnownServer>& servers() { return servers_; }
    // The server's name, for people; its id where it has none.
    [[nodiscard]] std::string server_name(const std::string& id) const;

    // Keeps the server's console, domain XML and warnings, which go with the server.
    void keep_evidence_of(const std::string& server_id);
    // The first of all that could not be kept: a case without its evidence cannot be believed.
    [[nodiscard]] const Status& kept() const { return kept_; }
    // "console-s1.log" in the case's directory.
    [[nodiscard]] std::filesystem::path evidence_file(const std::string& kind,
                                                      const std::string& server_id,
                                                      const std::string& extension) const;

    // What a look at that server's guest showed, in evidence_file(kind, server_id, "json"). The
    // look before becomes "probe-s1.1.json", the next "probe-s1.2.json": none is lost.
    [[nodiscard]] Status keep_look(const std::string& kind, const std::string& server_id,
                                   const nlohmann::json& look);

    // Each warning once, however often it is found.
    void warn(const std::string& text);
    // What the compute side found odd about that server (a TPM model without a version, REQ-1).
    void collect_warnings_of(const std::string& server_id);
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

    // What was planted in the TPMs of servers, by server.
    std::map<std::string, WitnessSet> witnesses;

    // What secret-store put into the key manager, by id of the secret.
    std::map<std::string, SecretValue> stored_payloads;

    // Kernel and ramdisk of the micro guest, uploaded once for each persona: persona → image ids.
    std::map<std::string, std::pair<std::string, std::string>> micro_boot_images;

private:
    // Into the case's directory.
    void keep(const std::filesystem::path& file, const std::string& content);

    Lab& lab_;
    std::filesystem::path directory_;
    std::filesystem::path guest_directory_;
    const Interruption& interruption_;
    std::chrono::steady_clock::time_point waiting_since_ = std::chrono::steady_clock::now();
    std::map<std::string, std::unique_ptr<client::Session>> sessions_;
    std::vector<KnownServer> servers_;
    std::vector<std::string> warnings_;
    std::map<std::filesystem::path, unsigned> looks_; // kept under that name so far
    Status kept_;
};

// The differences of an expectation as the report shows them.
[[nodiscard]] std::vector<report::Difference>
to_report(const std::vector<scenario::Difference>& differences, const std::string& below = {});

} // namespace vtpmlab::runner
