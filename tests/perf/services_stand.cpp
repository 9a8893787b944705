// services-stand DIRECTORY
//
// All services of a cloud and nothing else, for measurements and for tries by hand. Writes
// DIRECTORY/stand.env (0600): shell variables with the URL of each service, a token of each persona
// (TOKEN_OWNER), the microseconds the start took, and BASELINE_URL, a server of the same kit with
// one handler that does nothing: what the kit itself costs. Runs until its standard input ends.

#include "http/server.h"
#include "services.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iostream>
#include <map>

namespace {

using namespace vtpmlab;
using nlohmann::json;

// "key-manager" → "KEY_MANAGER"
std::string variable_name(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    return text;
}

// Logs in as an ordinary client; adds the token, the password and, from the catalog, the URLs.
bool log_in(const fakes::Persona& persona, const std::string& origin,
            std::map<std::string, std::string>& variables) {
    const json domain = {{"name", "Default"}};
    const json request = {
        {"auth",
         {{"identity",
           {{"methods", json::array({"password"})},
            {"password",
             {{"user",
               {{"name", persona.name},
                {"domain", domain},
                {"password", std::string(persona.password.reveal())}}}}}}},
          {"scope", {{"project", {{"name", persona.project}, {"domain", domain}}}}}}}};
    httplib::Client client(origin);
    const auto answer = client.Post("/v3/auth/tokens", request.dump(), "application/json");
    if (!answer || answer->status != 201)
        return false;
    const std::string name = variable_name(persona.name);
    variables["TOKEN_" + name] = answer->get_header_value("X-Subject-Token");
    variables["PASSWORD_" + name] = std::string(persona.password.reveal());
    variables["PROJECT_" + name] = persona.project;
    const json token = json::parse(answer->body);
    for (const auto& service : token.at("/token/catalog"_json_pointer))
        for (const auto& endpoint : service.at("endpoints"))
            if (endpoint.at("interface") == "public")
                variables["URL_" + variable_name(service.at("type").get<std::string>())] =
                    endpoint.at("url").get<std::string>();
    return true;
}

bool write_private(const std::string& path, const std::map<std::string, std::string>& variables) {
    std::string text;
    for (const auto& [name, value] : variables)
        text += fmt::format("export {}='{}'\n", name, value);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return file >= 0 && ::close(file) == 0 && written;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: services-stand DIRECTORY\n";
        return 1;
    }
    const std::string directory = argv[1];
    const auto began = std::chrono::steady_clock::now();
    fakes::ServicesConfig config;
    config.scratch_dir = directory;
    config.token_lifetime = std::chrono::hours(24);
    auto services = fakes::Services::start(std::move(config));
    if (!services) {
        std::cerr << "services-stand: " << services.error().message << "\n";
        return 3;
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began);

    http::ServerConfig nothing;
    nothing.service = "baseline";
    nothing.routes = {
        {"GET", "/",
         [](const http::Request&) { return http::Response::text(200, "{}", "application/json"); },
         http::Access::open}};
    auto baseline = http::Server::start(std::move(nothing));
    if (!baseline) {
        std::cerr << "services-stand: " << baseline.error().message << "\n";
        return 3;
    }

    const std::string auth_url = (*services)->auth_url();
    std::map<std::string, std::string> variables{{"START_US", std::to_string(took.count())},
                                                 {"BASELINE_URL", (*baseline)->url()},
                                                 {"AUTH_URL", auth_url}};
    for (const auto& persona : (*services)->personas())
        if (!log_in(persona, auth_url.substr(0, auth_url.rfind("/v3")), variables)) {
            std::cerr << "services-stand: Keystone does not let " << persona.name << " in\n";
            return 3;
        }
    if (!write_private(directory + "/stand.env", variables)) {
        std::cerr << "services-stand: cannot write " << directory << "/stand.env\n";
        return 3;
    }
    std::cout << "ready" << std::endl;
    std::string ignored;
    while (std::getline(std::cin, ignored)) {
    }
    return 0;
}
