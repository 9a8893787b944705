#pragma once
// A Keystone for tests of one service: "admin" is a token of the user admin in the project admin,
// and so on. What a token says is in its name: USER, USER@PROJECT or USER@PROJECT:ROLE+ROLE.

#include "http/caller.h"

#include <memory>
#include <string>
#include <string_view>

namespace vtpmlab::test {

class FakeTokens final : public http::TokenValidator {
public:
    Result<std::shared_ptr<const http::Identity>> validate(std::string_view token,
                                                           http::AllowExpired) override {
        if (token.substr(0, 3) != "ok-")
            return std::shared_ptr<const http::Identity>();
        token.remove_prefix(3);
        auto identity = std::make_shared<http::Identity>();
        const auto colon = token.find(':');
        std::string_view roles =
            colon == std::string_view::npos ? std::string_view() : token.substr(colon + 1);
        token = token.substr(0, colon);
        const auto at = token.find('@');
        identity->user_name = identity->user_id = token.substr(0, at);
        identity->project_name = identity->project_id =
            at == std::string_view::npos ? identity->user_name : std::string(token.substr(at + 1));
        while (!roles.empty()) {
            const auto plus = roles.find('+');
            identity->roles.emplace_back(roles.substr(0, plus));
            roles = plus == std::string_view::npos ? std::string_view() : roles.substr(plus + 1);
        }
        identity->expires_at = Clock::Time::max();
        return std::shared_ptr<const http::Identity>(std::move(identity));
    }
};

// "ok-ann@demo:member+creator"
[[nodiscard]] inline std::string fake_token(const std::string& user, const std::string& project,
                                            const std::string& roles) {
    return "ok-" + user + "@" + project + ":" + roles;
}

} // namespace vtpmlab::test
