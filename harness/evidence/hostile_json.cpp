#include "evidence/hostile_json.h"

#include "core/text.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab {
namespace {

// Short, printable, and never a recursion into what came from the guest.
std::string found(const nlohmann::json& value) {
    if (value.is_object())
        return "an object";
    if (value.is_array())
        return fmt::format("an array of {}", value.size());
    if (value.is_string())
        return fmt::format("'{}'", printable(value.get_ref<const std::string&>(), 64));
    return value.dump();
}

} // namespace

tl::unexpected<Error> HostileJson::wrong(std::string_view expected) const {
    return fail(ErrorKind::product,
                fmt::format("the guest's report is wrong at {}: {} was expected, found {}",
                            place_.empty() ? "/" : place_, expected, found(*value_)),
                {}, "build the target 'guest' again if its probe is not this program's");
}

Status HostileJson::object(std::initializer_list<std::string_view> required,
                           std::initializer_list<std::string_view> optional) const {
    if (!value_->is_object())
        return wrong("an object");
    for (std::string_view key : required)
        if (!has(key))
            return wrong(fmt::format("a key '{}'", key));
    for (const auto& [key, unused] : value_->items())
        if (std::ranges::find(required, key) == required.end() &&
            std::ranges::find(optional, key) == optional.end())
            return wrong(fmt::format("no key '{}'", printable(key, 64)));
    return {};
}

HostileJson HostileJson::member(std::string_view key) const {
    return HostileJson(*value_->find(key), fmt::format("{}/{}", place_, printable(key, 64)));
}

Result<std::string> HostileJson::text(std::size_t limit) const {
    const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (!value_->is_string())
        return wrong("a text");
    const auto& text = value_->get_ref<const std::string&>();
    if (text.size() > limit || !std::ranges::all_of(text, is_printable))
        return wrong(fmt::format("a printable text of at most {} characters", limit));
    return text;
}

Result<std::uint64_t> HostileJson::number(std::uint64_t limit) const {
    const bool is_natural = value_->is_number_unsigned() ||
                            (value_->is_number_integer() && value_->get<std::int64_t>() >= 0);
    if (!is_natural || value_->get<std::uint64_t>() > limit)
        return wrong(fmt::format("a number from 0 to {}", limit));
    return value_->get<std::uint64_t>();
}

Result<bool> HostileJson::boolean() const {
    if (!value_->is_boolean())
        return wrong("true or false");
    return value_->get<bool>();
}

Result<Bytes> HostileJson::hex_bytes(std::size_t least, std::size_t most) const {
    if (value_->is_string())
        if (auto bytes = unhex(value_->get_ref<const std::string&>());
            bytes && bytes->size() >= least && bytes->size() <= most)
            return std::move(*bytes);
    return wrong(least == most ? fmt::format("{} bytes in hex", least)
                               : fmt::format("{} to {} bytes in hex", least, most));
}

Result<Bytes> HostileJson::base64_bytes(std::size_t most) const {
    if (value_->is_string())
        if (auto bytes = base64_decode(value_->get_ref<const std::string&>());
            bytes && bytes->size() <= most)
            return std::move(*bytes);
    return wrong(fmt::format("at most {} bytes in base64", most));
}

Status HostileJson::array(std::size_t limit) const {
    if (!value_->is_array() || value_->size() > limit)
        return wrong(fmt::format("an array of at most {}", limit));
    return {};
}

HostileJson HostileJson::element(std::size_t index) const {
    return HostileJson((*value_)[index], fmt::format("{}/{}", place_, index));
}

} // namespace vtpmlab
