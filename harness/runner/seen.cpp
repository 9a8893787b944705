#include "runner/seen.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

// A report of a guest has its time and its keys in it; requests are as many as their count says;
// the model has no directories whose modes could be compared.
constexpr std::array<std::string_view, 5> left_out = {"report", "requests", "ek_fingerprints",
                                                      "mode", "root_mode"};

std::string without_accidents(std::string text) {
    struct Pattern {
        std::regex expression;
        const char* word;
    };
    static const std::array<Pattern, 4> patterns = {{
        {std::regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"},
        {std::regex("[0-9a-fA-F]{32,}"), "<hex>"},
        {std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9.]+Z?"), "<time>"},
        {std::regex("127\\.0\\.0\\.1:[0-9]+"), "127.0.0.1:<port>"},
    }};
    for (const auto& [expression, word] : patterns)
        text = std::regex_replace(text, expression, word);
    return text;
}

json cleaned(const json& value) {
    if (value.is_string())
        return without_accidents(value.get<std::string>());
    if (value.is_array()) {
        json list = json::array();
        for (const auto& element : value)
            list.push_back(cleaned(element));
        return list;
    }
    if (!value.is_object())
        return value;
    json map = json::object();
    for (const auto& [key, element] : value.items())
        if (std::find(left_out.begin(), left_out.end(), key) == left_out.end())
            map[without_accidents(key)] = cleaned(element);
    return map;
}

} // namespace

std::string seen_text(const json& result) {
    return cleaned(result).dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace vtpmlab::runner
