#pragma once
// A whole cloud in one process for a test: the services, the compute cloud over hypervisors in
// memory, and people who use it over HTTP.

#include "client/session.h"
#include "cloud/compute_cloud.h"
#include "core/files.h"
#include "services.h"
#include "support/mischievous_hypervisor.h"

#include <vtpmlab/tpm_rules.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct CloudOptions {
    std::string release = "gazpacho";
    std::vector<HostSpec> hosts = {HostSpec{}};
    // By the host's name; the others are able to do everything.
    std::map<std::string, model::ModelConfig> models = {};
    std::string quota_driver = "noop";
    std::string key_manager_url = {}; // instead of the working fake
    bool has_key_manager = true;
    bool has_service_user = true;
    bool has_periodic_tasks = false;
    ComputeOptions compute = {};
    std::shared_ptr<const Clock> clock = nullptr; // of all services; null: the system's
};

// Hosts that can do everything, of these names.
[[nodiscard]] std::vector<HostSpec> hosts_named(const std::vector<std::string>& names);

struct Answered {
    int status = 0;
    nlohmann::json body;
    client::Headers headers;
};

class CloudTest : public testing::Test {
protected:
    void start(CloudOptions options = {});
    // Ends what is still running, then the cloud, then the services.
    void TearDown() override;

    [[nodiscard]] const fakes::Persona& who(const std::string& persona) const;
    // From any thread.
    [[nodiscard]] client::Session& as(const std::string& persona);
    [[nodiscard]] Answered call(const std::string& persona, const std::string& method,
                                const std::string& path, const nlohmann::json& body = nullptr,
                                const std::string& microversion = "latest",
                                const std::string& service = "compute");

    // Their ids.
    [[nodiscard]] std::string make_flavor(const Properties& extra_specs = {},
                                          const std::string& name = "small");
    [[nodiscard]] std::string make_image(const Properties& properties = {},
                                         const std::string& content = "disk");
    [[nodiscard]] Answered try_create(const std::string& flavor, const std::string& image,
                                      const std::string& persona = "owner",
                                      const nlohmann::json& more = nlohmann::json::object());
    [[nodiscard]] std::string create(const std::string& flavor, const std::string& image,
                                     const std::string& persona = "owner");
    [[nodiscard]] std::string create_with(const Properties& extra_specs,
                                          const Properties& image = {});
    // The same, and waits until it is ACTIVE.
    [[nodiscard]] std::string create_active(const Properties& extra_specs = {},
                                            const Properties& image = {});
    // As an administrator sees it.
    [[nodiscard]] nlohmann::json shown(const std::string& id);
    [[nodiscard]] nlohmann::json migrations_of(const std::string& id); // newest first
    // What a consumer holds in Placement, by provider.
    [[nodiscard]] nlohmann::json allocations_of(const std::string& consumer);
    // The server once nothing works on it any more; it must have that status then. "gone" waits for
    // the 404.
    [[nodiscard]] nlohmann::json wait_for(const std::string& id, const std::string& status,
                                          const std::string& persona = "admin");
    void remove(const std::string& id, const std::string& persona = "owner");
    // POST …/action with {name: body}.
    [[nodiscard]] Answered act(const std::string& id, const std::string& name,
                               const nlohmann::json& body = nullptr,
                               const std::string& persona = "owner",
                               const std::string& microversion = "latest");
    // "409 Cannot 'stop' instance …": status and the refusal's text.
    [[nodiscard]] static std::string refusal(const Answered& answer);
    // Of the newest action of that name: "compute_stop_instance Success", oldest first.
    [[nodiscard]] std::vector<std::string> events_of(const std::string& id,
                                                     const std::string& action);
    // On all hosts.
    [[nodiscard]] std::vector<Leftover> leftovers();
    void expect_nothing_left();

    [[nodiscard]] ComputeControl& compute(const std::string& host = "compute-1");
    // Until it died of something.
    void wait_until_dead(const std::string& host = "compute-1");
    [[nodiscard]] test::MischievousHypervisor& hypervisor(const std::string& host = "compute-1");
    // "POST /v1/secrets/" of one service, oldest first, ids as {id}; since the last call.
    [[nodiscard]] std::vector<std::string> journal_of(const std::string& service);
    [[nodiscard]] std::vector<http::JournalEntry> entries_of(const std::string& service);

    [[nodiscard]] std::vector<std::string> try_events_of(const std::string& id,
                                                         const std::string& action);

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-cloud").value();
    std::unique_ptr<fakes::Services> services_;
    std::map<std::string, std::unique_ptr<test::MischievousHypervisor>> hypervisors_;
    std::unique_ptr<ComputeCloud> cloud_;
    std::mutex sessions_mutex_;
    std::map<std::string, std::unique_ptr<client::Session>> sessions_;
};

} // namespace vtpmlab::cloud
