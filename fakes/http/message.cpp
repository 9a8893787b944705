#include "http/message.h"

#include "http/json.h"
#include "http/percent.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::http {

std::optional<Query> Query::parse(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const auto ampersand = text.find('&');
        const std::string_view field = text.substr(0, ampersand);
        text =
            ampersand == std::string_view::npos ? std::string_view() : text.substr(ampersand + 1);
        if (field.empty())
            continue;
        const auto equals = field.find('=');
        auto name = percent_decode(field.substr(0, equals), PlusIs::space);
        auto value = equals == std::string_view::npos
                         ? std::optional<std::string>(std::string())
                         : percent_decode(field.substr(equals + 1), PlusIs::space);
        if (!name || !value)
            return std::nullopt;
        query.fields_.emplace_back(std::move(*name), std::move(*value));
    }
    return query;
}

const std::string* Query::find(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (key == name)
            return &value;
    return nullptr;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : fields_)
        if (key == name)
            values.push_back(value);
    return values;
}

const std::string& Request::parameter(std::string_view name) const {
    static const std::string none;
    const auto found = parameters.find(name);
    return found == parameters.end() ? none : found->second;
}

Outcome<nlohmann::json> Request::json() const {
    if (auto value = parse_json(body))
        return std::move(*value);
    return refuse(400, "Malformed JSON in request body.");
}

Response Response::json(int status, const nlohmann::json& body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = dump_json(body);
    return response;
}

Response Response::text(int status, std::string body, std::string content_type) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", std::move(content_type));
    response.body = std::move(body);
    return response;
}

std::string_view status_title(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 300:
        return "Multiple Choices";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Request Entity Too Large";
    case 414:
        return "Request-URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Requested Range Not Satisfiable";
    case 422:
        return "Unprocessable Entity";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Unknown";
    }
}

} // namespace vtpmlab::http
