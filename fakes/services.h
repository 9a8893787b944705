#pragma once
// The cloud's services together: Keystone, Placement, Barbican, Glance and a Neutron of empty
// lists, each on a loopback port of its own, in one catalog, with one clock and one journal, and
// with the people (personas) scenarios speak of. They reach each other over HTTP only.
//
// The compute API is not here: it registers itself. Everything ends with the object.

#include "http/binding.h"
#include "http/control.h"
#include "http/fault_plan.h"
#include "http/journal.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::fakes {

// spec: nova-vtpm §KEY-4
enum class BarbicanPolicy { legacy, new_defaults };

// What an operator changes of Barbican's policy. The file's rules win over the options'.
struct BarbicanPolicyChanges {
    bool nova_secret_access = false; // Atmosphere's options; spec: nova-vtpm §KEY-11
    bool admin_secret_access = false;
    std::string policy_file = {};                 // the text of a policy.yaml, "" for none
    std::string policy_file_name = "policy.yaml"; // for messages
};

struct ServicesConfig {
    // Databases, image files and Barbican's key live here (made 0700 if it is not there). "" keeps
    // databases in memory and images in a private temporary directory that goes with the object.
    std::filesystem::path state_dir = {};
    // Where that temporary directory is made; "": below $TMPDIR. A run names its own, which is
    // removed whatever happens to the run.
    std::filesystem::path scratch_dir = {};
    bool key_manager_in_catalog = true; // spec: nova-vtpm §6.4, a cloud without Barbican
    BarbicanPolicy barbican_policy = BarbicanPolicy::legacy;
    BarbicanPolicyChanges barbican_policy_changes = {};
    std::string os_traits_release = "3.3.0"; // spec: nova-vtpm §SCH-8
    std::chrono::seconds token_lifetime{3600};
    // Glance's [DEFAULT], in bytes; a quota of 0 is none.
    std::uint64_t image_size_cap = std::uint64_t{1} << 40;
    std::uint64_t user_storage_quota = 0;
    // Keystone, Placement, Barbican, Glance and Neutron listen on its port and the ones after it.
    http::Binding binding = {};
    std::shared_ptr<const Clock> clock = nullptr; // null: the system's
    // Not null: every service has /__control, and `clock` is the one that can be moved there.
    std::shared_ptr<const http::Control> control = nullptr;
};

struct Persona {
    std::string name; // "owner"; also the user's name
    std::string user_id;
    std::string project;
    std::string project_id;
    std::vector<std::string> roles;
    SecretValue password;
};

class Services {
public:
    static constexpr std::uint16_t ports_used = 5; // from the binding's on

    static Result<std::unique_ptr<Services>> start(ServicesConfig config);
    ~Services();
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    [[nodiscard]] std::string auth_url() const; // "http://127.0.0.1:34567/v3"
    // Each service's root, in the order they start: {"keystone", "http://127.0.0.1:34567"}, ...
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> urls() const;
    // Those of vtpmlab/personas.h. Kind scenario on any other name.
    [[nodiscard]] Result<const Persona*> persona(std::string_view name) const;
    [[nodiscard]] const std::vector<Persona>& personas() const;
    [[nodiscard]] http::Journal& journal();
    [[nodiscard]] std::shared_ptr<const Clock> clock() const;
    // What the services shall do wrong; a service from outside may take part.
    [[nodiscard]] http::FaultPlan& faults();
    // To be called when the cloud is up: what POST /__control/reset brings back.
    [[nodiscard]] Status keep_pristine();

    // A service from outside (the compute API) enters the catalog; all three interfaces.
    [[nodiscard]] Status register_endpoint(std::string_view service_type,
                                           std::string_view service_name, std::string_view url);

    // What the stores hold that a clean case has taken away: Barbican's secrets, Placement's
    // allocations.
    [[nodiscard]] std::vector<Leftover> leftovers() const;

private:
    class Impl;
    explicit Services(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::fakes
