#pragma once
// Salted, stretched digests of passwords.

#include <string_view>
#include <vector>

namespace vtpmlab::fakes::keystone {

struct PasswordHash {
    std::vector<unsigned char> salt, digest;
};

[[nodiscard]] PasswordHash hashed(std::string_view password);
// Takes as long whether it matches or not.
[[nodiscard]] bool matches(const PasswordHash& hash, std::string_view password);

} // namespace vtpmlab::fakes::keystone
