#pragma once
// A Barbican that refuses, breaks or is slow, as it is told to; and that keeps secrets as the real
// one does while it is told nothing. Put into the catalog in place of the working fake.

#include "http/server.h"

#include <vtpmlab/encoding.h>

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::test {

class MischievousKeyManager {
public:
    MischievousKeyManager() {
        const auto answer = [this](const http::Request& request) { return this->answer(request); };
        http::ServerConfig config;
        config.service = "barbican";
        for (const char* path :
             {"/", "/v1/secrets", "/v1/secrets/{id}", "/v1/secrets/{id}/payload"})
            for (const char* method : {"GET", "POST", "DELETE"})
                config.routes.push_back(
                    {method, path, answer, http::Access::open,
                     method == std::string("POST") ? http::Body::json : http::Body::none});
        server_ = http::Server::start(std::move(config)).value();
    }

    [[nodiscard]] std::string url() const { return server_->url(); }

    // Every request that begins so is answered with this from now on: {"POST /v1/secrets", 403}.
    void refuse(const std::string& request, int status) {
        const std::lock_guard lock(mutex_);
        refusals_[request] = status;
    }
    void forgive() {
        const std::lock_guard lock(mutex_);
        refusals_.clear();
    }
    // "GET /", "POST /v1/secrets/", …, with ids as {id}.
    [[nodiscard]] std::vector<std::string> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    [[nodiscard]] std::size_t secrets() {
        const std::lock_guard lock(mutex_);
        return payloads_.size();
    }
    void lose_all_secrets() {
        const std::lock_guard lock(mutex_);
        payloads_.clear();
    }

private:
    http::Outcome<http::Response> answer(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        const auto& id = request.parameter("id");
        auto path = request.target;
        if (!id.empty())
            path.replace(path.find(id), id.size(), "{id}");
        const auto call = request.method + " " + path;
        seen_.push_back(call);
        for (const auto& [begin, status] : refusals_)
            if (call.starts_with(begin))
                return refusal(status);
        if (path == "/")
            return http::Response::json(300, {{"versions",
                                               {{{"id", "v1"},
                                                 {"status", "CURRENT"},
                                                 {"min_version", "1.0"},
                                                 {"max_version", "1.1"}}}}});
        if (request.method == "POST") {
            const auto made = random_uuid();
            const auto body = nlohmann::json::parse(request.body);
            const auto bytes = base64_decode(body.at("payload").get<std::string>()).value();
            payloads_[made] = std::string(bytes.begin(), bytes.end());
            return http::Response::json(201, {{"secret_ref", url() + "/v1/secrets/" + made}});
        }
        const auto found = payloads_.find(id);
        if (found == payloads_.end())
            return refusal(404);
        if (request.method == "DELETE") {
            payloads_.erase(found);
            return http::Response::empty(204);
        }
        if (path.ends_with("/payload"))
            return http::Response::text(200, found->second, "application/octet-stream");
        return http::Response::json(200,
                                    {{"content_types", {{"default", "application/octet-stream"}}}});
    }

    static http::Response refusal(int status) {
        const std::string title(http::status_title(status));
        return http::Response::json(
            status, {{"code", status},
                     {"title", title},
                     {"description", "Secret creation attempt not allowed - please review your "
                                     "user/project privileges"}});
    }

    std::mutex mutex_;
    std::map<std::string, int> refusals_;
    std::map<std::string, std::string> payloads_;
    std::vector<std::string> seen_;
    std::unique_ptr<http::Server> server_;
};

} // namespace vtpmlab::test
