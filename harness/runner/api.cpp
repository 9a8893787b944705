#include "runner/api.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds longest_call{60'000};
// A step whose time is nearly over still gets an answer: a late one is the product's, a call cut
// off after a millisecond would look like a broken lab.
constexpr milliseconds shortest_call{5'000};
constexpr std::size_t longest_message = 500;

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string message_in(const json& body) {
    if (!body.is_object() || body.empty())
        return {};
    // Barbican: {"code", "title", "description"}
    const std::string title = text_at(body, "title");
    const std::string description = text_at(body, "description");
    if (!title.empty() && !description.empty())
        return title + ": " + description;
    // Placement: {"errors": [{"title", "detail"}]}
    if (const auto errors = body.find("errors"); errors != body.end() && errors->is_array() &&
                                                 !errors->empty() && errors->front().is_object())
        return text_at(errors->front(), "detail");
    if (const std::string message = text_at(body, "message"); !message.empty())
        return message;
    // Keystone {"error": {…}}, Nova {"badRequest": {…}}
    const auto& inner = body.front();
    return inner.is_object() ? text_at(inner, "message") : std::string{};
}

// Glance answers with an HTML page; its words are what stands between the tags.
std::string without_tags(const std::string& page) {
    std::string text;
    bool in_tag = false;
    for (char c : page) {
        if (c == '<')
            in_tag = true;
        else if (c == '>')
            in_tag = false;
        else if (!in_tag && !(c == '\n' || c == '\r'))
            text += c;
        else if (c == '\n' && !text.empty() && text.back() != ' ')
            text += ' ';
    }
    const auto first = text.find_first_not_of(' ');
    const auto last = text.find_last_not_of(' ');
    return first == std::string::npos ? std::string{} : text.substr(first, last - first + 1);
}

} // namespace

std::string refusal_text(const client::HttpResponse& response) {
    const json body = json::parse(response.body, nullptr, false);
    const std::string message =
        body.is_discarded() ? without_tags(response.body) : message_in(body);
    return printable(message, longest_message);
}

std::string percent_encoded(const std::string& text) {
    std::string encoded;
    for (char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        encoded +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

Result<Answer> call(client::ServiceClient& session, const ApiCall& api_call,
                    std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    client::RequestOptions options;
    options.microversion = api_call.microversion;
    options.headers = api_call.headers;
    options.body = api_call.body;
    options.deadline = std::clamp(left, shortest_call, longest_call);
    VTPMLAB_TRY(const auto response,
                session.request(api_call.service, api_call.method, api_call.path, options));
    Answer answer;
    answer.status = response.status;
    json body = json::parse(response.body, nullptr, false);
    if (!body.is_discarded())
        answer.body = std::move(body);
    if (!answer.is_success())
        answer.message = refusal_text(response);
    return answer;
}

Result<Answer> must(client::ServiceClient& session, const ApiCall& api_call,
                    std::chrono::steady_clock::time_point deadline) {
    VTPMLAB_TRY(auto answer, call(session, api_call, deadline));
    if (answer.is_success())
        return answer;
    return fail(ErrorKind::product,
                fmt::format("the {} API answered {}: {}", api_call.service, answer.status,
                            answer.message.empty() ? "no message" : answer.message),
                fmt::format("{} {}", api_call.method, api_call.path));
}

json result_of(const Answer& answer) {
    json result = {{"status", answer.status}};
    if (!answer.is_success())
        result["message"] = answer.message;
    return result;
}

} // namespace vtpmlab::runner
