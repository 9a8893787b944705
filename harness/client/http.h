#pragma once
// One HTTP request and its answer, over a connection that an earlier request has left open, or a
// new one. Nothing is ever sent twice. An answer of any status is a value; an Error is: nobody
// there, no answer in time, an answer too large, a file that cannot be read or written. Errors name
// method and URL, never a header.
//
// Files are streamed in both directions, so an image of any size needs a few KiB of memory.

#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::client {

using Headers = std::map<std::string, std::string, std::less<>>;

// What is sent: nothing, text, or the content of a file.
struct Body {
    std::string content_type;
    std::string text;
    std::filesystem::path file; // wins over text

    [[nodiscard]] static Body json(const nlohmann::json& value);
    [[nodiscard]] static Body bytes(std::string content,
                                    std::string content_type = "application/octet-stream");
    [[nodiscard]] static Body from_file(std::filesystem::path file,
                                        std::string content_type = "application/octet-stream");
};

// Where the body of a 2xx answer goes instead of memory. The file appears, complete and with the
// right digests, or not at all. Digests are lower-case hex; an empty one is not checked.
struct Download {
    std::filesystem::path file;
    std::string md5;
    std::string sha512;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::optional<Body> body;
    std::optional<Download> download;
    std::chrono::milliseconds deadline = std::chrono::seconds{60};
    std::size_t answer_limit = std::size_t{16} << 20; // bytes kept in memory
};

struct HttpResponse {
    int status = 0;
    Headers headers; // names in lower case
    std::string body;

    [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
    [[nodiscard]] std::string header(std::string_view name) const; // empty when absent
    // An error quotes the start of what came instead.
    [[nodiscard]] Result<nlohmann::json> json() const;
};

[[nodiscard]] Result<HttpResponse> send(const HttpRequest& request);

} // namespace vtpmlab::client
