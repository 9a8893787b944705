#include "http/python_text.h"

#include "http/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::http {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

std::string quoted(const std::string& text) {
    const bool has_single = text.find('\'') != std::string::npos;
    const bool has_double = text.find('"') != std::string::npos;
    const char quote = has_single && !has_double ? '"' : '\'';
    std::string out(1, quote);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == quote || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (byte < 0x20 || byte == 0x7f)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out + quote;
}

template <typename Json>
std::string repr(const Json& value) {
    if (value.is_null())
        return "None";
    if (value.is_boolean())
        return value.template get<bool>() ? "True" : "False";
    if (value.is_string())
        return quoted(value.template get<std::string>());
    if (!value.is_structured())
        return dump_json(value);
    std::string out;
    for (const auto& [key, item] : value.items()) {
        out += out.empty() ? "" : ", ";
        out += (value.is_object() ? quoted(key) + ": " : std::string()) + repr(item);
    }
    return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

// `value` has its keys sorted already, as nlohmann::json has.
std::string pretty(const json& value, std::size_t width, std::size_t indent,
                   std::size_t allowance) {
    std::string line = repr(value);
    if (!value.is_structured() || value.empty() || line.size() + indent + allowance <= width)
        return line;
    const std::string gap = ",\n" + std::string(indent + 1, ' ');
    std::string out;
    std::size_t left = value.size();
    for (const auto& [key, item] : value.items()) {
        const std::string name = value.is_object() ? quoted(key) + ": " : std::string();
        const std::size_t after = --left == 0 ? allowance + 1 : 1;
        out +=
            (out.empty() ? "" : gap) + name + pretty(item, width, indent + 1 + name.size(), after);
    }
    return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

} // namespace

std::string python_repr(const json& value) { return repr(value); }
std::string python_repr(const ordered_json& value) { return repr(value); }

std::string python_pretty(const json& value, std::size_t width) {
    return pretty(value, width, 0, 0);
}
std::string python_pretty(const ordered_json& value, std::size_t width) {
    return pretty(json(value), width, 0, 0);
}

} // namespace vtpmlab::http
