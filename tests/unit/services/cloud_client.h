#pragma once
// A person at a cloud's services: a token from Keystone, the endpoints of its catalog.

#include "services.h"
#include "support/api_client.h"

#include <map>
#include <string>

namespace vtpmlab::fakes::test {

using vtpmlab::test::Answer;
using vtpmlab::test::ApiClient;

// "http://127.0.0.1:1/v3" → "http://127.0.0.1:1"
[[nodiscard]] inline std::string origin_of(const std::string& url) {
    return url.substr(0, url.find('/', url.find("://") + 3));
}

struct Login {
    int status = 0;
    std::string token;
    nlohmann::json body;                          // the object under "token"
    std::map<std::string, std::string> endpoints; // service type → public URL
};

[[nodiscard]] inline Login log_in(const Services& services, const Persona& persona) {
    ApiClient keystone(origin_of(services.auth_url()));
    const nlohmann::json domain = {{"id", "default"}};
    const auto answer = keystone.post(
        "/v3/auth/tokens",
        {{"auth",
          {{"identity",
            {{"methods", {"password"}},
             {"password",
              {{"user",
                {{"name", persona.name},
                 {"domain", domain},
                 {"password", std::string(persona.password.reveal())}}}}}}},
           {"scope", {{"project", {{"name", persona.project}, {"domain", domain}}}}}}}});
    Login login;
    login.status = answer.status;
    if (answer.status != 201)
        return login;
    login.token = answer.header("X-Subject-Token");
    login.body = answer.json()["token"];
    for (const auto& service : login.body["catalog"])
        for (const auto& endpoint : service["endpoints"])
            if (endpoint["interface"] == "public")
                login.endpoints[service["type"]] = endpoint["url"];
    return login;
}

} // namespace vtpmlab::fakes::test
