#pragma once
// JSON from a guest, read one checked value at a time. Every step names the place it stands on, so
// the first thing wrong becomes one sentence: "at /acpi/table: a text was expected, found 7".

#include <vtpmlab/evidence.h>
#include <vtpmlab/result.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace vtpmlab {

class HostileJson {
public:
    explicit HostileJson(const nlohmann::json& value, std::string place = {})
        : value_(&value), place_(std::move(place)) {}

    [[nodiscard]] const nlohmann::json& raw() const { return *value_; }
    [[nodiscard]] const std::string& place() const { return place_; }
    [[nodiscard]] tl::unexpected<Error> wrong(std::string_view expected) const;

    // An object with these keys and no other; the optional ones may be missing.
    [[nodiscard]] Status object(std::initializer_list<std::string_view> required,
                                std::initializer_list<std::string_view> optional = {}) const;
    // Of an object that has it.
    [[nodiscard]] HostileJson member(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const { return value_->contains(key); }

    // Printable ASCII of at most `limit` characters.
    [[nodiscard]] Result<std::string> text(std::size_t limit = 128) const;
    [[nodiscard]] Result<std::uint64_t> number(std::uint64_t limit) const;
    [[nodiscard]] Result<bool> boolean() const;
    // Hex digits, two a byte.
    [[nodiscard]] Result<Bytes> hex_bytes(std::size_t least, std::size_t most) const;
    [[nodiscard]] Result<Bytes> base64_bytes(std::size_t most) const;
    // An array of at most `limit` elements.
    [[nodiscard]] Status array(std::size_t limit) const;
    [[nodiscard]] HostileJson element(std::size_t index) const;

    // {"value": …}, {"value": null} or {"unavailable": why}
    template <typename T, typename Parse>
    [[nodiscard]] Result<Observed<T>> observed(Parse parse) const {
        Observed<T> observed;
        if (value_->is_object() && has("unavailable")) {
            VTPMLAB_CHECK(object({"unavailable"}));
            VTPMLAB_TRY(observed.unavailable, member("unavailable").text(512));
            if (observed.unavailable.empty())
                return member("unavailable").wrong("a reason");
            return observed;
        }
        VTPMLAB_CHECK(object({"value"}));
        if (!value_->at("value").is_null()) {
            VTPMLAB_TRY(observed.value, parse(member("value")));
        }
        return observed;
    }

private:
    const nlohmann::json* value_;
    std::string place_;
};

} // namespace vtpmlab
