#include "cloud_fixture.h"

#include "core/host_audit.h"

#include <algorithm>
#include <regex>
#include <thread>

namespace vtpmlab::cloud {

using nlohmann::json;

std::vector<HostSpec> hosts_named(const std::vector<std::string>& names) {
    std::vector<HostSpec> hosts;
    for (const auto& name : names)
        hosts.emplace_back().name = name;
    return hosts;
}

void CloudTest::start(CloudOptions options) {
    fakes::ServicesConfig services;
    services.key_manager_in_catalog = options.has_key_manager && options.key_manager_url.empty();
    services.clock = options.clock;
    auto started = fakes::Services::start(std::move(services));
    ASSERT_TRUE(started) << started.error().message;
    services_ = std::move(*started);
    if (!options.key_manager_url.empty()) {
        ASSERT_TRUE(
            services_->register_endpoint("key-manager", "barbican", options.key_manager_url));
    }

    ComputeCloudConfig config;
    config.auth_url = services_->auth_url();
    config.nova_password = who("nova").password.clone();
    config.release = options.release;
    config.quota_driver = options.quota_driver;
    config.has_service_user = options.has_service_user;
    config.options = options.compute;
    if (options.has_periodic_tasks)
        config.periodic_tasks = ComputeCloudConfig::PeriodicTasks::by_time;
    config.clock = options.clock;
    config.journal = &services_->journal();
    for (const auto& host : options.hosts) {
        auto model = options.models[host.name];
        model.hostname = host.name;
        auto& hypervisor = hypervisors_[host.name];
        hypervisor = std::make_unique<test::MischievousHypervisor>(model);
        config.hosts.push_back(
            {host, hypervisor.get(), hypervisor.get(), directory_.path() / host.name, {}});
    }
    auto cloud = ComputeCloud::start(std::move(config));
    ASSERT_TRUE(cloud) << cloud.error().message << " " << cloud.error().where;
    cloud_ = std::move(*cloud);
    ASSERT_TRUE(services_->register_endpoint("compute", "nova", cloud_->endpoint()));
}

ComputeControl& CloudTest::compute(const std::string& host) { return **cloud_->compute(host); }

void CloudTest::wait_until_dead(const std::string& host) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (compute(host).is_running() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_FALSE(compute(host).is_running()) << "nothing came to that step";
}

void CloudTest::TearDown() {
    for (const auto& [name, hypervisor] : hypervisors_)
        hypervisor->release();
    sessions_.clear();
    cloud_.reset();
    services_.reset();
}

const fakes::Persona& CloudTest::who(const std::string& persona) const {
    return **services_->persona(persona);
}

client::Session& CloudTest::as(const std::string& persona) {
    const std::lock_guard lock(sessions_mutex_);
    auto& session = sessions_[persona];
    if (!session) {
        const auto& login = who(persona);
        session = std::make_unique<client::Session>(client::PasswordLogin{
            services_->auth_url(), login.name, login.project, login.password.clone()});
    }
    return *session;
}

Answered CloudTest::call(const std::string& persona, const std::string& method,
                         const std::string& path, const json& body, const std::string& microversion,
                         const std::string& service) {
    client::RequestOptions options;
    if (!microversion.empty())
        options.microversion = service + " " + microversion;
    if (!body.is_null())
        options.body = client::Body::json(body);
    const auto answer = as(persona).request(service, method, path, options);
    if (!answer) {
        ADD_FAILURE() << answer.error().message;
        return {};
    }
    return {answer->status, json::parse(answer->body, nullptr, false), answer->headers};
}

std::string CloudTest::make_flavor(const Properties& extra_specs, const std::string& name) {
    const auto made = call("admin", "POST", "/flavors",
                           {{"flavor", {{"name", name}, {"ram", 64}, {"vcpus", 1}, {"disk", 0}}}});
    EXPECT_EQ(made.status, 200) << made.body;
    const std::string id = made.body.at("flavor").at("id");
    if (!extra_specs.empty()) {
        // Below 2.86 whatever is asked is stored.
        const auto set = call("admin", "POST", "/flavors/" + id + "/os-extra_specs",
                              {{"extra_specs", extra_specs}}, "2.1");
        EXPECT_EQ(set.status, 200) << set.body;
    }
    return id;
}

std::string CloudTest::make_image(const Properties& properties, const std::string& content) {
    json body = {{"name", "micro"}, {"disk_format", "raw"}, {"container_format", "bare"}};
    for (const auto& [key, value] : properties)
        body[key] = value;
    const auto made = call("owner", "POST", "/v2/images", body, "", "image");
    EXPECT_EQ(made.status, 201) << made.body;
    const std::string id = made.body.at("id");
    client::RequestOptions data;
    data.body = client::Body::bytes(content);
    const auto sent = as("owner").request("image", "PUT", "/v2/images/" + id + "/file", data);
    EXPECT_TRUE(sent && sent->status == 204);
    return id;
}

Answered CloudTest::try_create(const std::string& flavor, const std::string& image,
                               const std::string& persona, const json& more) {
    json server = {
        {"name", "s1"}, {"flavorRef", flavor}, {"imageRef", image}, {"networks", "none"}};
    server.update(more);
    return call(persona, "POST", "/servers", {{"server", server}});
}

std::string CloudTest::create(const std::string& flavor, const std::string& image,
                              const std::string& persona) {
    const auto made = try_create(flavor, image, persona);
    EXPECT_EQ(made.status, 202) << made.body;
    return made.status == 202 ? made.body.at("server").at("id").get<std::string>() : std::string();
}

std::string CloudTest::create_with(const Properties& extra_specs, const Properties& image) {
    return create(make_flavor(extra_specs), make_image(image));
}

std::string CloudTest::create_active(const Properties& extra_specs, const Properties& image) {
    const auto id = create_with(extra_specs, image);
    static_cast<void>(wait_for(id, "ACTIVE"));
    return id;
}

nlohmann::json CloudTest::shown(const std::string& id) {
    return call("admin", "GET", "/servers/" + id).body.at("server");
}

nlohmann::json CloudTest::migrations_of(const std::string& id) {
    return call("admin", "GET", "/os-migrations?instance_uuid=" + id).body.at("migrations");
}

nlohmann::json CloudTest::allocations_of(const std::string& consumer) {
    return call("nova", "GET", "/allocations/" + consumer, nullptr, "1.28", "placement")
        .body.at("allocations");
}

json CloudTest::wait_for(const std::string& id, const std::string& status,
                         const std::string& persona) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Answered shown;
    while (std::chrono::steady_clock::now() < deadline) {
        shown = call(persona, "GET", "/servers/" + id, nullptr, "latest");
        if (shown.status == 404 && status == "gone")
            return {};
        if (shown.status != 200)
            break;
        const auto& server = shown.body.at("server");
        if (server.at("OS-EXT-STS:task_state").is_null() && status != "gone") {
            EXPECT_EQ(server.at("status"), status) << server.value("fault", json()) << "\n"
                                                   << cloud_->log();
            return server;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "server " << id << " is not " << status << ": " << shown.status << " "
                  << shown.body;
    return json::object();
}

void CloudTest::remove(const std::string& id, const std::string& persona) {
    EXPECT_EQ(call(persona, "DELETE", "/servers/" + id).status, 204);
    static_cast<void>(wait_for(id, "gone"));
}

Answered CloudTest::act(const std::string& id, const std::string& name, const json& body,
                        const std::string& persona, const std::string& microversion) {
    return call(persona, "POST", "/servers/" + id + "/action", {{name, body}}, microversion);
}

std::string CloudTest::refusal(const Answered& answer) {
    std::string text = std::to_string(answer.status);
    if (answer.body.is_object() && !answer.body.empty())
        text += " " + answer.body.begin()->value("message", std::string());
    return text;
}

std::vector<std::string> CloudTest::events_of(const std::string& id, const std::string& action) {
    // An event ends a moment after the server has its new state.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
        auto events = try_events_of(id, action);
        const bool ended = std::none_of(events.begin(), events.end(), [](const std::string& event) {
            return event.ends_with(" unfinished");
        });
        if (ended || std::chrono::steady_clock::now() > deadline)
            return events;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

std::vector<std::string> CloudTest::try_events_of(const std::string& id,
                                                  const std::string& action) {
    const auto path = "/servers/" + id + "/os-instance-actions";
    std::vector<std::string> events;
    const auto actions = call("admin", "GET", path);
    for (const auto& listed : actions.body.at("instanceActions")) {
        if (listed.at("action") != action)
            continue;
        const auto shown =
            call("admin", "GET", path + "/" + listed.at("request_id").get<std::string>());
        for (const auto& event : shown.body.at("instanceAction").at("events")) {
            const auto result = event.at("result");
            auto text = event.at("event").get<std::string>() + " " +
                        (result.is_null() ? "unfinished" : result.get<std::string>());
            if (event.at("details").is_string())
                text += ": " + event.at("details").get<std::string>();
            events.insert(events.begin(), std::move(text));
        }
        break;
    }
    return events;
}

std::vector<Leftover> CloudTest::leftovers() {
    std::vector<Leftover> all;
    for (const auto& [name, hypervisor] : hypervisors_) {
        const auto found = leftovers_on(name, *hypervisor, directory_.path() / name);
        if (!found)
            ADD_FAILURE() << found.error().message;
        else
            all.insert(all.end(), found->begin(), found->end());
    }
    return all;
}

void CloudTest::expect_nothing_left() {
    for (const auto& found : leftovers())
        ADD_FAILURE() << found.store << " " << found.what << " on " << found.host;
    for (const auto& found : services_->leftovers())
        ADD_FAILURE() << found.store << " " << found.what;
}

test::MischievousHypervisor& CloudTest::hypervisor(const std::string& host) {
    return *hypervisors_.at(host);
}

std::vector<http::JournalEntry> CloudTest::entries_of(const std::string& service) {
    return services_->journal().entries(
        [&](const http::JournalEntry& entry) { return entry.service == service; });
}

std::vector<std::string> CloudTest::journal_of(const std::string& service) {
    static const std::regex uuid("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    std::vector<std::string> calls;
    for (const auto& entry : entries_of(service))
        calls.push_back(entry.method + " " + std::regex_replace(entry.target, uuid, "{id}"));
    return calls;
}

} // namespace vtpmlab::cloud
