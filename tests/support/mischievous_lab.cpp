#include "support/mischievous_lab.h"

#include "core/files.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace vtpmlab::support {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

void answer(Response& response, int status, const json& body = nullptr) {
    response.status = status;
    if (!body.is_null())
        response.set_content(body.dump(), "application/json");
}

struct MadeServer {
    std::string name;
    std::string secret; // empty = none
};

class MischievousLab final : public Lab {
public:
    MischievousLab(Mischief mischief, Depth depth, std::shared_ptr<std::atomic<int>> alive)
        : mischief_(std::move(mischief)), depth_(depth), alive_(std::move(alive)) {
        routes();
        server_.set_keep_alive_max_count(1); // its end would wait for the clients otherwise
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running())
            std::this_thread::yield();
        ++*alive_;
    }
    ~MischievousLab() override {
        server_.stop();
        thread_.join();
        --*alive_;
    }

    Depth depth() const override { return depth_; }

    Result<Credentials> credentials(const std::string& persona) override {
        Credentials credentials;
        credentials.auth_url = url("/identity");
        credentials.user = persona;
        credentials.project = "demo";
        credentials.password = SecretValue(std::string("password-") + known_secret);
        return credentials;
    }

    Result<GuestPorts> guest_ports(const std::string& server_id) override {
        const std::lock_guard lock(mutex_);
        if (!servers_.count(server_id))
            return fail(ErrorKind::lab, "no such server");
        return GuestPorts{"compute-1", {}, {}};
    }

    Result<std::string> domain_xml(const std::string& server_id) override {
        const std::lock_guard lock(mutex_);
        const auto found = servers_.find(server_id);
        if (found == servers_.end())
            return fail(ErrorKind::lab, "no such server");
        if (mischief_.domain_model.empty())
            return std::string("<domain><devices/></domain>");
        return "<domain><devices><tpm model='" + mischief_.domain_model +
               "'><backend type='emulator' version='2.0'><encryption secret='" +
               found->second.secret + "'/></backend></tpm></devices></domain>";
    }

    Result<std::vector<Leftover>> leftovers() override {
        if (mischief_.audit_throws)
            throw 42; // NOLINT: a foreign exception is the point
        const std::lock_guard lock(mutex_);
        std::vector<Leftover> left;
        for (const auto& [id, name] : secrets_)
            left.push_back({"barbican", "", id});
        for (const auto& [id, server] : servers_)
            left.push_back({"domain", "compute-1", id});
        return left;
    }

    Result<std::vector<SeenRequest>> seen_requests() override {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    // Knows the faults, and never acts one out but those that name "POST".
    Result<std::uint64_t> add_fault(const FaultRule& rule) override {
        if (rule.route == "/nowhere")
            return fail(ErrorKind::scenario, "barbican has no route '/nowhere'", {},
                        "its routes: /v1/secrets");
        faults_.push_back({faults_.size() + 1, rule, 0, rule.method == "POST" ? 1u : 0u});
        return faults_.back().id;
    }
    Result<std::vector<FaultRecord>> faults() override { return faults_; }
    Status clear_faults() override {
        faults_.clear();
        return {};
    }
    Result<std::vector<HostSecret>> host_secrets() override { return std::vector<HostSecret>{}; }
    Status try_define(const std::string&, const TpmDevice& device) override {
        if (device.version == TpmVersion::v1_2 && device.model == TpmModel::crb)
            return fail(ErrorKind::product, "unsupported configuration");
        return {};
    }
    Result<std::vector<std::string>> warnings(const std::string&) override {
        return mischief_.warnings;
    }
    std::vector<Error> troubles() override { return mischief_.troubles; }
    Result<ComputeControl*> compute(const std::string&) override {
        return fail(ErrorKind::lab, "the mischievous lab has no compute service");
    }
    Status advance_clock(std::chrono::seconds) override {
        return fail(ErrorKind::lab, "the mischievous lab has no clock");
    }
    Result<HostMachine*> machine(const std::string&) override {
        return fail(ErrorKind::lab, "this lab has no machines");
    }
    // A TPM 2.0 that keeps a witness, a disk that keeps its mark, and nothing else.
    Result<std::string> ask_model_probe(const std::string&, const std::string& op,
                                        const std::string& params) override {
        if (op == "write_disk_mark")
            mark_ = json::parse(params).at("mark");
        if (op == "write_disk_mark" || op == "read_disk_mark")
            return json{{"mark",
                         {{"value",
                           mischief_.swaps_disk && op == "read_disk_mark" ? image_mark() : mark_}}}}
                .dump();
        const bool plants = op == "plant_witness";
        if (!plants && op != "check_witness")
            return fail(ErrorKind::lab, "this lab has no guests");
        if (plants)
            planted_ = json::parse(params).at("nonce");
        const bool is_swapped = mischief_.swaps_tpm && !plants;
        const json kept = {{"value", is_swapped ? json() : json(planted_)}};
        json said = {{"witness",
                      {{"nv", kept},
                       {"boots", {{"value", is_swapped ? json() : json(1)}}},
                       {"persistent", kept},
                       {"sealed", kept},
                       {"sealed_to_pcrs", kept},
                       {"pcr", {{"value", std::string(64, is_swapped ? '0' : 'a')}}}}},
                     {"endorsement_key",
                      {{"value",
                        {{"modulus", std::string(510, is_swapped ? 'd' : 'c') + "01"},
                         {"exponent", 65537}}}}}};
        if (plants)
            said["blobs"] = {{"sealed", "aa"}, {"sealed_to_pcrs", "bb"}};
        return said.dump();
    }
    Status collect_artefacts(const std::filesystem::path& directory) override {
        if (mischief_.loses_artefacts)
            return fail(ErrorKind::lab, "cannot write journal.jsonl: No space left on device");
        const std::lock_guard lock(mutex_);
        std::string lines;
        for (const auto& request : seen_)
            lines += json{{"method", request.method}, {"path", request.path}}.dump() + "\n";
        return write_file(directory / "journal.jsonl", lines);
    }
    std::string description() const override { return "a mischievous lab"; }

private:
    static std::string image_mark() {
        std::array<unsigned char, witness_block::size> block;
        witness_block::prepare(block);
        return hex(witness_block::mark_in(block));
    }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }

    void routes() {
        server_.set_logger([this](const Request& request, const Response& response) {
            const std::lock_guard lock(mutex_);
            const std::string service = request.path.substr(1, request.path.find('/', 1) - 1);
            SeenRequest seen{service, request.method, request.path, "owner", response.status};
            seen.route = request.path.substr(service.size() + 1);
            seen.project = "demo";
            seen.roles = {"member"};
            seen_.push_back(std::move(seen));
        });
        server_.Post("/identity/v3/auth/tokens", [this](const auto& q, auto& r) { token(q, r); });
        compute_routes();
        image_routes();
        server_.Get("/key-manager/v1/secrets", [this](const Request&, Response& r) {
            const std::lock_guard lock(mutex_);
            json list = json::array();
            for (const auto& [id, name] : secrets_)
                list.push_back(
                    {{"secret_ref", url("/key-manager/v1/secrets/" + id)}, {"name", name}});
            answer(r, 200, {{"secrets", list}, {"total", list.size()}});
        });
        server_.Get(
            "/key-manager/v1/secrets/([^/]+)/payload", [this](const Request& q, Response& r) {
                const std::string id = mischief_.shares_passphrase ? "shared" : q.matches[1].str();
                r.set_content("passphrase-" + std::string(known_secret) + id,
                              "application/octet-stream");
            });
        server_.Get("/placement/resource_providers/rp-1", [](const Request&, Response& r) {
            answer(r, 200, {{"uuid", "rp-1"}, {"name", "compute-1"}});
        });
        server_.Get("/placement/allocations/([^/]+)", [](const Request&, Response& r) {
            answer(r, 200, {{"allocations", {{"rp-1", {{"resources", {{"VCPU", 1}}}}}}}});
        });
        server_.Get("/placement/resource_providers", [](const Request&, Response& r) {
            answer(r, 200, {{"resource_providers", {{{"uuid", "rp-1"}}}}});
        });
        server_.Get("/placement/resource_providers/rp-1/traits", [](const Request&, Response& r) {
            answer(r, 200, {{"traits", {"COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_1_2"}}});
        });
    }

    void token(const Request&, Response& r) {
        json catalog = json::array();
        for (const char* type : {"compute", "image", "key-manager", "placement"})
            catalog.push_back(
                {{"type", type},
                 {"endpoints",
                  {{{"interface", "public"}, {"url", url("/" + std::string(type))}}}}});
        r.set_header("X-Subject-Token", std::string("token-") + known_secret);
        answer(r, 201,
               {{"token",
                 {{"expires_at", "2999-01-01T00:00:00Z"},
                  {"user", {{"id", "u1"}, {"name", "owner"}}},
                  {"project", {{"id", "p1"}, {"name", "demo"}}},
                  {"catalog", catalog}}}});
    }

    void compute_routes() {
        server_.Post("/compute/flavors", [](const Request& q, Response& r) {
            json flavor = json::parse(q.body)["flavor"];
            flavor["id"] = "f1";
            answer(r, 200, {{"flavor", flavor}});
        });
        server_.Post("/compute/flavors/f1/os-extra_specs", [](const Request& q, Response& r) {
            const json body = json::parse(q.body);
            if (body["extra_specs"].value("hw:tpm_version", "2.0") == "1.3")
                return answer(r, 400, {{"badRequest", {{"code", 400}, {"message", "not 1.3"}}}});
            answer(r, 200, body);
        });
        server_.Post("/compute/servers", [this](const Request& q, Response& r) { create(q, r); });
        for (const char* path : {"/compute/servers", "/compute/servers/detail"})
            server_.Get(path, [this](const Request& q, Response& r) { list(q, r); });
        // Two moves; the newest stands first, as Nova lists them.
        server_.Get("/compute/os-migrations", [this](const Request&, Response& r) {
            const auto moved = [](int id, const std::string& status) {
                return json{{"id", id},
                            {"uuid", random_uuid()},
                            {"status", status},
                            {"migration_type", "live-migration"},
                            {"source_compute", "compute-1"},
                            {"dest_compute", "compute-2"}};
            };
            answer(r, 200,
                   {{"migrations", {moved(2, mischief_.migration_ends), moved(1, "error")}}});
        });
        server_.Get("/compute/servers/([^/]+)", [this](const Request& q, Response& r) {
            const std::lock_guard lock(mutex_);
            const auto found = servers_.find(q.matches[1]);
            if (found == servers_.end())
                return answer(r, 404, {{"itemNotFound", {{"message", "no such server"}}}});
            json server = {{"id", found->first},
                           {"name", found->second.name},
                           {"status", mischief_.server_ends}};
            if (!mischief_.fault.empty())
                server["fault"] = {{"code", 500}, {"message", mischief_.fault}};
            answer(r, 200, {{"server", server}});
        });
        server_.Delete("/compute/servers/([^/]+)", [this](const Request& q, Response& r) {
            const std::lock_guard lock(mutex_);
            const auto found = servers_.find(q.matches[1]);
            if (found == servers_.end())
                return answer(r, 404, {{"itemNotFound", {{"message", "no such server"}}}});
            if (mischief_.refuses_deletion)
                return answer(r, 409, {{"conflictingRequest", {{"message", "it is locked"}}}});
            if (!mischief_.leaves_secrets)
                secrets_.erase(found->second.secret);
            servers_.erase(found);
            answer(r, 204);
        });
    }

    void list(const Request& q, Response& r) {
        const std::lock_guard lock(mutex_);
        const auto marker = mischief_.forgets_markers ? "" : q.get_param_value("marker");
        json body = {{"servers", json::array()}};
        for (auto one = servers_.upper_bound(marker); one != servers_.end(); ++one) {
            if (body["servers"].size() == mischief_.servers_a_page) {
                body["servers_links"] = {{{"rel", "next"}, {"href", "/servers?marker=…"}}};
                break;
            }
            body["servers"].push_back({{"id", one->first},
                                       {"name", one->second.name},
                                       {"status", mischief_.server_ends}});
        }
        answer(r, 200, body);
    }

    void create(const Request& q, Response& r) {
        const std::lock_guard lock(mutex_);
        const json asked = json::parse(q.body)["server"];
        const int count = asked.value("max_count", asked.value("min_count", 1));
        std::string first;
        for (int i = 1; i <= count; ++i) {
            const std::string id = random_uuid();
            const auto name = asked["name"].get<std::string>();
            const std::string secret = random_uuid();
            servers_[id] = {count > 1 ? name + "-" + std::to_string(i) : name, secret};
            secrets_[secret] = "vTPM secret for instance " + id;
            if (first.empty())
                first = id;
        }
        answer(r, 202, {{"server", {{"id", first}}}});
    }

    void image_routes() {
        server_.Post("/image/v2/images", [this](const Request& q, Response& r) {
            const std::lock_guard lock(mutex_);
            json image = json::parse(q.body);
            const std::string id = random_uuid();
            image["id"] = id;
            images_[id] = image;
            answer(r, 201, image);
        });
        server_.Put("/image/v2/images/([^/]+)/file",
                    [](const Request&, Response& r) { answer(r, 204); });
        server_.Get("/image/v2/images/([^/]+)", [this](const Request& q, Response& r) {
            const std::lock_guard lock(mutex_);
            answer(r, 200, images_[q.matches[1]]);
        });
        server_.Patch("/image/v2/images/([^/]+)", [this](const Request& q, Response& r) {
            const std::lock_guard lock(mutex_);
            json& image = images_[q.matches[1]];
            image = image.patch(json::parse(q.body));
            answer(r, 200, image);
        });
    }

    const Mischief mischief_;
    const Depth depth_;
    std::shared_ptr<std::atomic<int>> alive_;
    httplib::Server server_;
    int port_ = 0;
    std::thread thread_;
    std::mutex mutex_;
    std::map<std::string, MadeServer> servers_;
    std::map<std::string, std::string> secrets_; // id → name
    std::map<std::string, json> images_;
    std::vector<SeenRequest> seen_;
    std::vector<FaultRecord> faults_;
    std::string planted_; // the nonce in the guest's TPM
    std::string mark_;    // the one on its disk
};

} // namespace

MischievousLabs::MischievousLabs(Mischief mischief) : mischief_(std::move(mischief)) {}
MischievousLabs::~MischievousLabs() = default;

Result<std::unique_ptr<Lab>> MischievousLabs::create(const CloudSpec&, Depth depth) {
    if (!mischief_.create_throws.empty())
        throw std::runtime_error(mischief_.create_throws);
    if (mischief_.create_fails)
        return fail(*mischief_.create_fails);
    ++made_;
    return std::make_unique<MischievousLab>(mischief_, depth, alive_);
}

std::optional<Mischief> mischief_named(const std::string& name) {
    Mischief mischief;
    if (name == "stuck")
        mischief.server_ends = "BUILD";
    else if (name == "error") {
        mischief.server_ends = "ERROR";
        mischief.fault = "No valid host was found";
    } else if (name == "wrong-model")
        mischief.domain_model = "tpm-crb";
    else if (name == "leaves-secrets")
        mischief.leaves_secrets = true;
    else if (name == "no-lab") {
        Error error;
        error.message = "libvirtd did not answer within 20 s";
        error.hint = "read libvirtd.log";
        mischief.create_fails = error;
    } else if (name == "no-swtpm") {
        Error error;
        error.kind = ErrorKind::skipped;
        error.message = "swtpm is not installed";
        mischief.create_fails = error;
    } else if (name != "none")
        return std::nullopt;
    return mischief;
}

} // namespace vtpmlab::support
