// Keystone's error bodies. It is a Flask application: what never reaches its own code (unknown
// paths, wrong methods) is answered by Flask, in Flask's words.

#include "keystone/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::keystone {

namespace {

constexpr const char* flask_404 =
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The "
    "requested URL was not found on the server. If you entered the URL manually please check your "
    "spelling and try again.</p>\n";
constexpr std::string_view flask_404_code = "flask.404";
constexpr std::string_view flask_405_code = "flask.405";

class KeystoneDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request& request) const override {
        if (fault.code == flask_404_code)
            return http::Response::text(404, flask_404, "text/html; charset=utf-8");
        if (fault.code == flask_405_code)
            return http::Response::json(405, {{"message", fault.message}});
        auto response = http::Dialect::render(fault, request);
        if (fault.status == 401)
            response.with("WWW-Authenticate",
                          fmt::format("Keystone uri=\"{}/v3\"", request.base_url));
        return response;
    }
    http::Fault not_found(const http::Request&) const override {
        return {404, {}, std::string(flask_404_code), {}, {}};
    }
    http::Fault method_not_allowed(const http::Request&,
                                   const std::vector<std::string>& allowed) const override {
        // Flask adds these two by itself, sorted in.
        std::vector<std::string> methods = allowed;
        methods.emplace_back("OPTIONS");
        if (std::find(allowed.begin(), allowed.end(), "GET") != allowed.end() &&
            std::find(allowed.begin(), allowed.end(), "HEAD") == allowed.end())
            methods.emplace_back("HEAD");
        std::sort(methods.begin(), methods.end());
        return {405,
                "The method is not allowed for the requested URL.",
                std::string(flask_405_code),
                {},
                http::Headers{{"Allow", fmt::format("{}", fmt::join(methods, ", "))}}};
    }
    http::Response unauthorized(const http::Request& request, std::string_view) const override {
        return render({401, "The request you have made requires authentication.", {}, {}, {}},
                      request);
    }
};

} // namespace

std::shared_ptr<const http::Dialect> dialect() { return std::make_shared<KeystoneDialect>(); }

} // namespace vtpmlab::fakes::keystone
