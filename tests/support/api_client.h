#pragma once
// A small JSON client for tests of one service: says what it sends, shows what came.

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace vtpmlab::test {

struct Answer {
    int status = 0;
    httplib::Headers headers;
    std::string body;

    [[nodiscard]] nlohmann::json json() const {
        return nlohmann::json::parse(body, nullptr, false);
    }
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

class ApiClient {
public:
    explicit ApiClient(const std::string& url) : client_(url) {
        client_.set_keep_alive(true);
        client_.set_tcp_nodelay(true);
    }

    ApiClient& with(const std::string& name, const std::string& value) {
        headers_.erase(name);
        headers_.emplace(name, value);
        return *this;
    }
    ApiClient& without(const std::string& name) {
        headers_.erase(name);
        return *this;
    }

    Answer send(const std::string& method, const std::string& path, const std::string& body = {},
                const httplib::Headers& more = {}) {
        httplib::Request request;
        request.method = method;
        request.path = path;
        request.headers = headers_;
        for (const auto& [name, value] : more) {
            request.headers.erase(name);
            request.headers.emplace(name, value);
        }
        request.body = body;
        if (!body.empty() && !request.has_header("Content-Type"))
            request.set_header("Content-Type", "application/json");
        const auto came = client_.send(request);
        if (!came)
            return {0, {}, httplib::to_string(came.error())};
        return {came->status, came->headers, came->body};
    }
    Answer get(const std::string& path, const httplib::Headers& more = {}) {
        return send("GET", path, {}, more);
    }
    Answer post(const std::string& path, const nlohmann::json& body,
                const httplib::Headers& more = {}) {
        return send("POST", path, body.dump(), more);
    }
    Answer put(const std::string& path, const nlohmann::json& body,
               const httplib::Headers& more = {}) {
        return send("PUT", path, body.dump(), more);
    }
    Answer remove(const std::string& path, const httplib::Headers& more = {}) {
        return send("DELETE", path, {}, more);
    }

private:
    httplib::Client client_;
    httplib::Headers headers_;
};

} // namespace vtpmlab::test
