#include "services.h"

#include "barbican/atmosphere_policy.h"
#include "barbican/barbican.h"
#include "barbican/policy_file.h"
#include "glance/glance.h"
#include "http/keystone_validator.h"
#include "keystone/keystone.h"
#include "neutron/neutron.h"
#include "placement/placement.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/personas.h>

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace vtpmlab::fakes {

class Services::Impl {
public:
    explicit Impl(ServicesConfig config) : config_(std::move(config)) {
        if (!config_.clock && config_.control)
            config_.clock = config_.control->shared_clock();
        if (!config_.clock)
            config_.clock = std::make_shared<SystemClock>();
    }

    [[nodiscard]] Status start() {
        VTPMLAB_CHECK(make_state_directory());
        VTPMLAB_CHECK(start_keystone());
        VTPMLAB_CHECK(start_placement());
        VTPMLAB_CHECK(start_barbican());
        VTPMLAB_CHECK(start_glance());
        return start_neutron();
    }

    [[nodiscard]] std::string auth_url() const { return keystone->url() + "/v3"; }
    [[nodiscard]] std::shared_ptr<const Clock> clock() const { return config_.clock; }

    [[nodiscard]] Result<const Persona*> persona(std::string_view name) const {
        std::string known;
        for (const auto& persona : personas) {
            if (persona.name == name)
                return &persona;
            known += (known.empty() ? "" : ", ") + persona.name;
        }
        return fail(ErrorKind::scenario, fmt::format("there is no persona '{}'", name), {},
                    "the personas are " + known);
    }

    http::Journal journal;
    http::FaultPlan faults;
    std::vector<Persona> personas;
    std::unique_ptr<keystone::Keystone> keystone;
    std::unique_ptr<placement::Placement> placement;
    std::unique_ptr<barbican::Barbican> barbican;
    std::unique_ptr<glance::Glance> glance;
    std::unique_ptr<neutron::Neutron> neutron;

private:
    [[nodiscard]] Status make_state_directory() const {
        const auto& directory = config_.state_dir;
        if (directory.empty())
            return {};
        std::error_code code;
        if (std::filesystem::create_directories(directory, code) && !code)
            std::filesystem::permissions(directory, std::filesystem::perms::owner_all, code);
        if (code)
            return fail(ErrorKind::lab,
                        fmt::format("cannot make the state directory {}: {}", directory.string(),
                                    code.message()),
                        {}, "choose a directory you may write to");
        return {};
    }

    // A file of its own for each service, or memory.
    [[nodiscard]] std::string database(const char* service) const {
        return config_.state_dir.empty()
                   ? std::string()
                   : (config_.state_dir / fmt::format("{}.sqlite", service)).string();
    }

    [[nodiscard]] Status start_keystone() {
        keystone::KeystoneConfig config{common()};
        config.database = database("keystone");
        config.token_lifetime = config_.token_lifetime;
        VTPMLAB_TRY(keystone, keystone::Keystone::start(std::move(config)));
        for (const auto& row : persona_table)
            personas.push_back(make_persona(row));
        keystone->register_endpoint("identity", "keystone", auth_url());
        return {};
    }

    [[nodiscard]] Persona make_persona(const PersonaRow& row) {
        Persona persona;
        persona.name = row.name;
        persona.project = row.project;
        persona.project_id = keystone->ensure_project(row.project);
        persona.password = SecretValue(random_uuid());
        persona.user_id = keystone->ensure_user(row.name, persona.password, persona.project_id);
        persona.roles.assign(row.roles.begin(), row.roles.end());
        for (const auto role : row.roles)
            keystone->ensure_role_assignment(persona.user_id, persona.project_id, role);
        if (row.name == "admin") // as Keystone's own bootstrap does
            keystone->ensure_system_role(persona.user_id, "admin");
        return persona;
    }

    // What every service's configuration has.
    [[nodiscard]] http::ServiceConfig common() {
        return {next_binding(), &journal, {&faults, config_.control}, config_.clock};
    }

    // The same for all but Keystone. Each looks tokens up as its own user, as the real middleware
    // does.
    [[nodiscard]] Result<http::GuardedServiceConfig> guarded(const char* service) {
        VTPMLAB_TRY(const Persona* persona, this->persona(service));
        http::KeystoneValidatorConfig validator;
        validator.auth_url = auth_url();
        validator.user = persona->name;
        validator.password = persona->password.clone();
        validator.clock = config_.clock;
        return http::GuardedServiceConfig{
            common(), std::make_shared<http::KeystoneValidator>(std::move(validator)),
            keystone->url()};
    }

    [[nodiscard]] Status start_placement() {
        VTPMLAB_TRY(auto settings, guarded("placement"));
        placement::PlacementConfig config{std::move(settings)};
        config.database = database("placement");
        config.os_traits_release = config_.os_traits_release;
        VTPMLAB_TRY(placement, placement::Placement::start(std::move(config)));
        keystone->register_endpoint("placement", "placement", placement->url());
        return {};
    }

    [[nodiscard]] Status start_barbican() {
        const auto& changes = config_.barbican_policy_changes;
        VTPMLAB_TRY(auto settings, guarded("barbican"));
        barbican::BarbicanConfig config{std::move(settings)};
        config.database = database("barbican");
        config.policy = config_.barbican_policy == BarbicanPolicy::legacy
                            ? barbican::PolicyDefaults::legacy
                            : barbican::PolicyDefaults::new_defaults;
        VTPMLAB_TRY(config.policy_overrides,
                    barbican::parse_policy_file(changes.policy_file, changes.policy_file_name));
        config.policy_overrides.merge(
            barbican::atmosphere_policy({changes.nova_secret_access, changes.admin_secret_access}));
        VTPMLAB_TRY(barbican, barbican::Barbican::start(std::move(config)));
        if (config_.key_manager_in_catalog)
            keystone->register_endpoint("key-manager", "barbican", barbican->url());
        else // of an earlier run in the same state directory
            keystone->unregister_endpoint("key-manager");
        return {};
    }

    [[nodiscard]] Status start_glance() {
        VTPMLAB_TRY(auto settings, guarded("glance"));
        glance::GlanceConfig config{std::move(settings)};
        config.database = database("glance");
        const auto& directory = config_.state_dir.empty() ? config_.scratch_dir : config_.state_dir;
        if (!directory.empty())
            config.data_directory = directory / "images";
        config.image_size_cap = config_.image_size_cap;
        config.user_storage_quota = config_.user_storage_quota;
        VTPMLAB_TRY(glance, glance::Glance::start(std::move(config)));
        keystone->register_endpoint("image", "glance", glance->url());
        return {};
    }

    [[nodiscard]] Status start_neutron() {
        VTPMLAB_TRY(auto config, guarded("neutron"));
        VTPMLAB_TRY(neutron, neutron::Neutron::start(std::move(config)));
        keystone->register_endpoint("network", "neutron", neutron->url());
        return {};
    }

    // Services take theirs in the order they start.
    [[nodiscard]] http::Binding next_binding() {
        http::Binding binding = config_.binding;
        if (binding.port != 0)
            binding.port = static_cast<std::uint16_t>(binding.port + services_started_++);
        return binding;
    }

    ServicesConfig config_;
    unsigned services_started_ = 0;
};

Services::Services(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Services::~Services() = default;

Result<std::unique_ptr<Services>> Services::start(ServicesConfig config) {
    auto impl = std::make_unique<Impl>(std::move(config));
    VTPMLAB_CHECK(impl->start());
    return std::unique_ptr<Services>(new Services(std::move(impl)));
}

std::string Services::auth_url() const { return impl_->auth_url(); }

std::vector<std::pair<std::string, std::string>> Services::urls() const {
    return {{"keystone", impl_->keystone->url()},
            {"placement", impl_->placement->url()},
            {"barbican", impl_->barbican->url()},
            {"glance", impl_->glance->url()},
            {"neutron", impl_->neutron->url()}};
}

Result<const Persona*> Services::persona(std::string_view name) const {
    return impl_->persona(name);
}

const std::vector<Persona>& Services::personas() const { return impl_->personas; }

http::Journal& Services::journal() { return impl_->journal; }

std::shared_ptr<const Clock> Services::clock() const { return impl_->clock(); }

http::FaultPlan& Services::faults() { return impl_->faults; }

Status Services::keep_pristine() {
    VTPMLAB_CHECK(impl_->keystone->keep(http::pristine_snapshot));
    VTPMLAB_CHECK(impl_->placement->keep(http::pristine_snapshot));
    VTPMLAB_CHECK(impl_->barbican->keep(http::pristine_snapshot));
    return impl_->glance->keep(http::pristine_snapshot);
}

Status Services::register_endpoint(std::string_view service_type, std::string_view service_name,
                                   std::string_view url) {
    impl_->keystone->register_endpoint(service_type, service_name, url);
    return {};
}

std::vector<Leftover> Services::leftovers() const {
    auto found = impl_->barbican->leftovers();
    for (const auto& allocation : impl_->placement->allocations())
        found.push_back({"placement", "",
                         fmt::format("allocation of consumer {} on {}", allocation.consumer,
                                     allocation.provider_name)});
    return found;
}

} // namespace vtpmlab::fakes
