// Glance's error bodies are WebOb's: an HTML page, JSON, or plain text, as the client accepts.

#include "glance/routes.h"
#include "http/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

using http::Fault;

namespace {

// These two come from WebOb itself, in a frame of their own.
constexpr std::string_view bare_frame = "bare";
constexpr std::string_view choices = "versions";

enum class Form { html, json, plain };

// The first acceptable one in the server's order, as far as clients make a difference.
Form accepted_form(std::string_view accept) {
    const auto has = [accept](std::string_view type) {
        return accept.find(type) != std::string_view::npos;
    };
    if (has("text/html") || has("text/*") || (has("*/*") && !has("application/json")))
        return Form::html;
    return has("application/json") || has("application/*") ? Form::json : Form::plain;
}

// WebOb's own words for a status, where Glance adds only a detail.
std::string explanation_of(int status) {
    switch (status) {
    case 403:
        return "Access was denied to this resource.";
    case 409:
        return "There was a conflict when trying to complete your request.";
    case 416:
        return "The Range requested is not available.";
    default:
        return std::string(http::status_title(status));
    }
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '<'   ? "&lt;"
               : c == '>' ? "&gt;"
               : c == '&' ? "&amp;"
               : c == '"' ? "&quot;"
                          : std::string(1, c);
    return out;
}

std::string without_newlines(std::string text) {
    std::erase(text, '\r');
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string in_order_of_routes(const std::vector<std::string>& allowed) {
    std::string text;
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
        if (std::find(allowed.begin(), allowed.end(), method) != allowed.end())
            text += (text.empty() ? "" : ", ") + std::string(method);
    return text;
}

class GlanceDialect final : public http::Dialect {
public:
    Response render(const Fault& fault, const Request& request) const override {
        if (fault.code == choices)
            return version_choices(request);
        std::string explanation = fault.message, detail;
        if (fault.code == as_detail) {
            explanation = explanation_of(fault.status);
            detail = fault.message;
        }
        const std::string title =
            fault.title.empty() ? std::string(http::status_title(fault.status)) : fault.title;
        const bool is_bare = fault.code == bare_frame;
        const std::string status = fmt::format("{} {}", fault.status, title);
        // "resource. <br /><br />" and no place for a comment, where WebOb has its own frame.
        const auto body = [&](const std::string& words, const std::string& more) {
            return is_bare ? fmt::format("{}{}<br /><br />\n{}", words,
                                         fault.status == 415 ? '\n' : ' ', more)
                           : fmt::format("{}<br /><br />\n{}\n\n", words, more);
        };
        switch (accepted_form(request.headers.value("Accept"))) {
        case Form::html:
            return Response::text(
                fault.status,
                fmt::format("<html>\n <head>\n  <title>{0}</title>\n </head>\n <body>\n  "
                            "<h1>{0}</h1>\n  {1}\n </body>\n</html>",
                            status, body(escaped(explanation), escaped(detail))),
                "text/html; charset=UTF-8");
        case Form::json:
            return Response::json(
                fault.status,
                {{"message", body(explanation, detail)}, {"code", status}, {"title", title}});
        case Form::plain:
            break;
        }
        const std::string_view frame =
            is_bare ? std::string_view("{}\n\n{} \n\n {}") : std::string_view("{}\n\n{}\n\n {}  ");
        return Response::text(fault.status,
                              fmt::format(fmt::runtime(frame), status,
                                          without_newlines(explanation), without_newlines(detail)),
                              "text/plain; charset=UTF-8");
    }

    Fault not_found(const Request& request) const override {
        if (request.path.rfind("/v2", 0) != 0)
            return {300, {}, std::string(choices), {}, {}};
        return {404, "The resource could not be found.", {}, {}, {}};
    }

    Fault malformed_json(const Request& request) const override {
        if (request.body.empty())
            return {400, "Body expected in request.", {}, {}, {}};
        return {400, "Malformed JSON in request body.", {}, {}, {}};
    }

    Fault method_not_allowed(const Request& request,
                             const std::vector<std::string>& allowed) const override {
        return {405,
                fmt::format("The method {} is not allowed for this resource.", request.method),
                std::string(bare_frame),
                {},
                http::Headers{{"Allow", in_order_of_routes(allowed)}}};
    }

    Response unauthorized(const Request& request, std::string_view keystone_url) const override {
        return render({401,
                       "This server could not verify that you are authorized to access the "
                       "document you requested. Either you supplied the wrong credentials (e.g., "
                       "bad password), or your browser does not understand how to supply the "
                       "credentials required.",
                       {},
                       {},
                       {}},
                      request)
            .with("WWW-Authenticate", fmt::format("Keystone uri=\"{}\"", keystone_url));
    }
};

} // namespace

std::shared_ptr<const http::Dialect> dialect() { return std::make_shared<GlanceDialect>(); }

Response nothing() { return Response::text(204, {}, "text/html; charset=UTF-8"); }

tl::unexpected<Fault> unsupported_media_type(const Request& request) {
    const std::string_view type = request.headers.value("Content-Type");
    return tl::unexpected(
        Fault{415,
              fmt::format("The request media type {} is not supported by this server.",
                          type.empty() ? std::string_view("None") : type),
              std::string(bare_frame),
              {},
              {}});
}

} // namespace vtpmlab::fakes::glance
