#include "scenario/located.h"

namespace vtpmlab::scenario {
namespace {

// The entries of `from` that lie at or below `pointer`, with that part of their key cut off.
std::map<std::string, Place> below(const std::map<std::string, Place>& from,
                                   const std::string& pointer) {
    std::map<std::string, Place> part;
    for (auto at = from.lower_bound(pointer);
         at != from.end() && at->first.compare(0, pointer.size(), pointer) == 0; ++at)
        if (at->first.size() == pointer.size() || at->first[pointer.size()] == '/')
            part.emplace_hint(part.end(), at->first.substr(pointer.size()), at->second);
    return part;
}

} // namespace

Place Located::place(std::string_view pointer) const {
    for (std::string_view around = pointer;;) {
        if (const auto at = places.find(std::string(around)); at != places.end())
            return at->second;
        if (around.empty())
            return {};
        around = around.substr(0, around.rfind('/'));
    }
}

Place Located::key_place(std::string_view pointer) const {
    const auto at = keys.find(std::string(pointer));
    return at != keys.end() ? at->second : place(pointer);
}

Located Located::at(const std::string& pointer) const {
    return {value.at(nlohmann::json::json_pointer(pointer)), below(places, pointer),
            below(keys, pointer)};
}

std::string child(std::string_view pointer, std::string_view key) {
    std::string text(pointer);
    text += '/';
    for (char c : key) {
        if (c == '~')
            text += "~0";
        else if (c == '/')
            text += "~1";
        else
            text += c;
    }
    return text;
}

std::string child(std::string_view pointer, std::size_t index) {
    return child(pointer, std::to_string(index));
}

std::string brief(const nlohmann::json& value) {
    constexpr std::size_t longest = 300;
    std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (text.size() > longest)
        text = text.substr(0, longest) + "… (" + std::to_string(text.size()) + " characters)";
    return text;
}

} // namespace vtpmlab::scenario
