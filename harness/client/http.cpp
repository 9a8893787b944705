#include "client/http.h"

#include "client/digest.h"
#include "client/idle_connections.h"
#include "core/text.h"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <memory>

namespace vtpmlab::client {
namespace {

using Clock = std::chrono::steady_clock;

struct Url {
    std::string origin; // "http://127.0.0.1:5000"
    std::string target; // "/v3/auth/tokens?nocatalog"
};

Result<Url> split(const std::string& url) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos)
        return fail(ErrorKind::lab, fmt::format("'{}' is not a URL", printable(url, 200)), {},
                    "a URL begins with http:// and names a host");
    const auto slash = url.find('/', scheme + 3);
    if (slash == std::string::npos)
        return Url{url, "/"};
    return Url{url.substr(0, slash), url.substr(slash)};
}

std::string_view reason(httplib::Error error) {
    switch (error) {
    case httplib::Error::Connection:
        return "connection refused";
    case httplib::Error::ConnectionTimeout:
        return "no connection in time";
    case httplib::Error::Read:
        return "no complete answer in time, or the connection was dropped";
    case httplib::Error::Write:
        return "the connection was dropped while sending";
    default:
        return "the answer could not be read";
    }
}

// Receives the body of an answer into memory or, for a success with a download, into a file.
class Receiver {
public:
    Receiver(const HttpRequest& request, Clock::time_point deadline)
        : request_(request), deadline_(deadline) {}

    ~Receiver() {
        if (!part_.empty()) {
            std::error_code ignored;
            std::filesystem::remove(part_, ignored);
        }
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    bool begin(int status) {
        to_file_ = request_.download && status >= 200 && status < 300;
        if (!to_file_)
            return true;
        part_ = request_.download->file;
        part_ += ".part";
        file_.open(part_, std::ios::binary | std::ios::trunc);
        return file_.is_open() || stop("cannot write " + part_.string());
    }

    bool take(const char* data, std::size_t length) {
        if (Clock::now() > deadline_)
            return stop(
                fmt::format("the answer took longer than {} ms", request_.deadline.count()));
        const std::string_view bytes(data, length);
        if (!to_file_) {
            if (body_.size() + length > request_.answer_limit)
                return stop(
                    fmt::format("the answer is larger than {} bytes", request_.answer_limit));
            body_ += bytes;
            return true;
        }
        if (!request_.download->md5.empty())
            md5_.update(bytes);
        if (!request_.download->sha512.empty())
            sha512_.update(bytes);
        file_.write(data, static_cast<std::streamsize>(length));
        return file_.good() || stop("cannot write " + part_.string());
    }

    // Why it stopped by itself; empty when it did not.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }
    [[nodiscard]] std::string take_body() { return std::move(body_); }

    [[nodiscard]] Status finish(const std::string& call) {
        if (!to_file_)
            return {};
        file_.close();
        if (!file_)
            return fail(ErrorKind::lab, "cannot write " + part_.string(), call,
                        "check the space on that disk");
        VTPMLAB_CHECK(compare("md5", md5_, request_.download->md5, call));
        VTPMLAB_CHECK(compare("sha512", sha512_, request_.download->sha512, call));
        std::error_code error;
        std::filesystem::rename(part_, request_.download->file, error);
        if (error)
            return fail(
                ErrorKind::lab,
                fmt::format("cannot rename {} into place: {}", part_.string(), error.message()),
                call, "check the space on that disk");
        part_.clear();
        return {};
    }

private:
    bool stop(std::string complaint) {
        complaint_ = std::move(complaint);
        return false;
    }

    static Status compare(std::string_view name, Digest& digest, const std::string& expected,
                          const std::string& call) {
        if (expected.empty())
            return {};
        if (const auto actual = digest.finish(); actual != expected)
            return fail(
                ErrorKind::lab,
                fmt::format("the downloaded data has {} {}, not {}", name, actual, expected), call,
                "the image was changed or cut on its way; upload it again");
        return {};
    }

    const HttpRequest& request_;
    Clock::time_point deadline_;
    bool to_file_ = false;
    std::filesystem::path part_;
    std::ofstream file_;
    std::string body_;
    std::string complaint_;
    Digest md5_{Digest::Algorithm::md5};
    Digest sha512_{Digest::Algorithm::sha512};
};

Status attach(httplib::Request& message, const Body& body, const std::string& call) {
    message.set_header("Content-Type", body.content_type);
    if (body.file.empty()) {
        message.body = body.text;
        return {};
    }
    auto stream = std::make_shared<std::ifstream>(body.file, std::ios::binary);
    std::error_code error;
    const auto size = std::filesystem::file_size(body.file, error);
    if (!*stream || error)
        return fail(ErrorKind::lab, "cannot read " + body.file.string(), call,
                    "is it there, and may you read it?");
    message.content_length_ = size;
    message.content_provider_ = [stream](std::size_t offset, std::size_t length,
                                         httplib::DataSink& sink) {
        std::string chunk(std::min<std::size_t>(length, std::size_t{256} << 10), '\0');
        stream->seekg(static_cast<std::streamoff>(offset));
        stream->read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
        return stream->gcount() > 0 &&
               sink.write(chunk.data(), static_cast<std::size_t>(stream->gcount()));
    };
    return {};
}

} // namespace

Body Body::json(const nlohmann::json& value) {
    // Whatever a scenario holds can be sent: bytes that are not UTF-8 become U+FFFD.
    return {"application/json",
            value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
            {}};
}

Body Body::bytes(std::string content, std::string content_type) {
    return {std::move(content_type), std::move(content), {}};
}

Body Body::from_file(std::filesystem::path file, std::string content_type) {
    return {std::move(content_type), {}, std::move(file)};
}

std::string HttpResponse::header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

Result<nlohmann::json> HttpResponse::json() const {
    auto value = nlohmann::json::parse(body, nullptr, false);
    if (value.is_discarded())
        return fail(ErrorKind::lab,
                    fmt::format("answer {} is not JSON but: {}", status, printable(body, 200)));
    return value;
}

Result<HttpResponse> send(const HttpRequest& request) {
    const std::string call = request.method + " " + request.url;
    VTPMLAB_TRY(const Url url, split(request.url));

    auto& connections = IdleConnections::of_this_process();
    auto connection = connections.take(url.origin);
    if (!connection)
        return fail(ErrorKind::lab, fmt::format("'{}' is not a usable URL", url.origin), call);
    connection->set_connection_timeout(request.deadline);
    connection->set_read_timeout(request.deadline);
    connection->set_write_timeout(request.deadline);

    httplib::Request message;
    message.method = request.method;
    message.path = url.target;
    for (const auto& [name, value] : request.headers)
        message.set_header(name, value);
    if (request.body)
        VTPMLAB_CHECK(attach(message, *request.body, call));

    Receiver receiver(request, Clock::now() + request.deadline);
    message.response_handler = [&](const httplib::Response& head) {
        return receiver.begin(head.status);
    };
    message.content_receiver = [&](const char* data, std::size_t length, std::uint64_t,
                                   std::uint64_t) { return receiver.take(data, length); };

    const auto answer = connection->send(message);
    if (!receiver.complaint().empty())
        return fail(ErrorKind::lab, receiver.complaint(), call);
    if (!answer)
        return fail(ErrorKind::lab,
                    fmt::format("no answer from {}: {}", url.origin, reason(answer.error())), call,
                    "is the service running, and is this its endpoint in the catalog?");
    connections.put_back(url.origin, std::move(connection));
    VTPMLAB_CHECK(receiver.finish(call));

    HttpResponse response;
    response.status = answer->status;
    response.body = receiver.take_body();
    for (const auto& [name, value] : answer->headers) {
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        response.headers.emplace(std::move(lower), value);
    }
    return response;
}

} // namespace vtpmlab::client
