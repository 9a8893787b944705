#include "http/http_protocol.h"

#include "http/body_reader.h"

#include <httplib.h>
#include <unistd.h>

#include <charconv>
#include <limits>
#include <memory>
#include <vector>

namespace vtpmlab::http {

namespace {

// A body nobody asked for is read and dropped up to this size, so that the connection can be kept.
constexpr std::uint64_t drained_bytes = 256 << 10;
// A body is handed on in pieces of at most this size.
constexpr std::size_t piece_bytes = 256 << 10;

// What cpp-httplib reads from and writes to.
class ConnectionStream final : public httplib::Stream {
public:
    explicit ConnectionStream(Connection& connection) : connection_(connection) {}

    bool is_readable() const override { return !connection_.broken(); }
    bool is_writable() const override { return !connection_.broken(); }
    ssize_t read(char* to, std::size_t size) override { return connection_.read(to, size); }
    ssize_t write(const char* from, std::size_t size) override {
        return connection_.write({from, size}) ? static_cast<ssize_t>(size) : -1;
    }
    void get_remote_ip_and_port(std::string& ip, int& port) const override {
        ip = "127.0.0.1";
        port = 0;
    }
    // Not marked override: older releases of the library do not have it.
    void get_local_ip_and_port(std::string& ip, int& port) const {
        ip = "127.0.0.1";
        port = 0;
    }
    socket_t socket() const override { return connection_.descriptor(); }

    [[nodiscard]] Connection& connection() { return connection_; }

private:
    Connection& connection_;
};

std::optional<std::uint64_t> parsed_length(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool is_hop_header(std::string_view name) {
    // The last four are the library's own additions.
    for (const std::string_view hop : {"Connection", "Content-Length", "Transfer-Encoding",
                                       "REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT"})
        if (equals_ignoring_case(name, hop))
            return true;
    return false;
}

class HttpProtocol final : public Protocol, private httplib::Server {
public:
    explicit HttpProtocol(std::shared_ptr<const ProtocolHooks> hooks) : hooks_(std::move(hooks)) {
        // The library takes an unset socket for "shutting down" and then writes no body.
        svr_sock_ = 0;
        set_payload_max_length(std::numeric_limits<std::size_t>::max());
        set_keep_alive_timeout(
            std::chrono::duration_cast<std::chrono::seconds>(hooks_->idle_timeout).count());
        set_keep_alive_max_count(100000);
        // Before the library looks for a route or for a body: neither is its business.
        set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
            answer(response);
            return HandlerResponse::Handled;
        });
        set_error_handler(
            HandlerWithResponse([this](const httplib::Request& head, httplib::Response& out) {
                if (answered_)
                    return HandlerResponse::Unhandled;
                if (out.status == 416) {
                    // The library looks at ranges before anybody. What they mean is the services'
                    // business, also where it cannot read them.
                    begin(const_cast<httplib::Request&>(head));
                    answer(out);
                    return HandlerResponse::Handled;
                }
                put(hooks_->refusal(out.status), out);
                // The library has not seen a whole head, so it does not know that we close.
                out.set_header("Connection", "close");
                must_close_ = true;
                return HandlerResponse::Handled;
            }));
    }

    Next serve(Connection& connection) override {
        ConnectionStream stream(connection);
        stream_ = &stream;
        request_ = Request();
        raw_ = nullptr;
        framing_ = Framing::none;
        answered_ = must_close_ = body_taken_ = false;
        body_ = BodyReader();
        expects_continue_ = false;
        bool peer_closes = false;
        const bool written = process_request(stream, false, peer_closes,
                                             [this](httplib::Request& raw) { begin(raw); });
        const bool sent = connection.flush() && written;
        if (sent && !must_close_ && !peer_closes)
            return Next::keep;
        if (sent && must_close_)
            connection.close_politely();
        return Next::close;
    }

    void reject(Connection& connection, int status) override {
        const Response response = hooks_->refusal(status);
        std::string text = "HTTP/1.1 " + std::to_string(status) + " " +
                           std::string(status_title(status)) + "\r\nConnection: close\r\n";
        for (const auto& [name, value] : response.headers)
            text += name + ": " + value + "\r\n";
        text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n";
        if (connection.write(text + response.body) && connection.flush())
            connection.close_politely();
    }

private:
    enum class Framing { none, length, chunked, wrong };

    // Takes over the parsed head, and leaves the library only what it needs for the framing: it
    // would otherwise unpack, compress, cut ranges and take forms apart by itself.
    void begin(httplib::Request& raw) {
        raw_ = &raw;
        request_.method = raw.method;
        request_.target = raw.target;
        int lengths = 0, encodings = 0;
        std::string length, encoding;
        httplib::Headers kept;
        for (auto& [name, value] : raw.headers) {
            if (equals_ignoring_case(name, "Content-Length")) {
                ++lengths;
                length = value;
            } else if (equals_ignoring_case(name, "Transfer-Encoding")) {
                ++encodings;
                encoding = value;
            }
            if (is_hop_header(name))
                kept.emplace(name, value);
            else
                request_.headers.add(name, value);
        }
        raw.headers = std::move(kept);
        raw.ranges.clear();
        raw.path.assign(1, '/');

        if (encodings > 0) {
            const bool fine =
                encodings == 1 && lengths == 0 && equals_ignoring_case(encoding, "chunked");
            framing_ = fine ? Framing::chunked : Framing::wrong;
        } else if (lengths > 0) {
            request_.content_length = parsed_length(length);
            framing_ = lengths > 1 || !request_.content_length ? Framing::wrong
                       : *request_.content_length == 0         ? Framing::none
                                                               : Framing::length;
        }
        if (framing_ == Framing::wrong)
            must_close_ = true;
        else if (framing_ == Framing::length)
            body_ = BodyReader::of_length(stream_->connection(), *request_.content_length);
        else if (framing_ == Framing::chunked)
            body_ = BodyReader::in_chunks(stream_->connection());
        expects_continue_ = equals_ignoring_case(request_.headers.value("Expect"), "100-continue");
    }

    void answer(httplib::Response& out) {
        request_.stream = [this](const BodySink& sink) { return read_body(sink); };
        request_.hold = [this](std::chrono::milliseconds time, Hold hold) {
            return stream_->connection().hold(time, hold == Hold::always
                                                        ? Connection::Until::aborted
                                                        : Connection::Until::peer_gone);
        };
        Response response =
            framing_ == Framing::wrong ? hooks_->refusal(400) : hooks_->answer(request_);
        if (response.injected && response.injected->wire == InjectedFault::Wire::reset) {
            stream_->connection().reset();
            answered_ = true;
            return;
        }
        drop_unread_body();
        if (must_close_)
            raw_->set_header("Connection", "close");
        answered_ = true;
        put(std::move(response), out);
    }

    BodyRead read_body(const BodySink& sink) {
        if (body_taken_ || body_.at_end())
            return BodyRead::complete;
        body_taken_ = true;
        if (expects_continue_ && (!stream_->connection().write("HTTP/1.1 100 Continue\r\n\r\n") ||
                                  !stream_->connection().flush()))
            return BodyRead::broken;
        if (!piece_)
            piece_ = std::make_unique_for_overwrite<char[]>(piece_bytes);
        while (!body_.at_end()) {
            const long got = body_.read(piece_.get(), piece_bytes);
            if (got == 0)
                break;
            if (got < 0 || !sink({piece_.get(), static_cast<std::size_t>(got)})) {
                must_close_ = true;
                return got < 0 ? BodyRead::broken : BodyRead::stopped;
            }
        }
        return BodyRead::complete;
    }

    void drop_unread_body() {
        if (body_.at_end() || body_taken_)
            return;
        // Who waits for a "100 Continue" may or may not send the body after a refusal, and of
        // chunks nobody knows how many come.
        if (expects_continue_ || framing_ == Framing::chunked ||
            *request_.content_length > drained_bytes) {
            must_close_ = true;
            return;
        }
        (void)read_body([](std::string_view) { return true; });
    }

    void put(Response response, httplib::Response& out) {
        out.status = response.status;
        out.headers.clear();
        std::string content_type;
        for (auto& [name, value] : response.headers) {
            if (equals_ignoring_case(name, "Content-Type"))
                content_type = value;
            out.set_header(name, value);
        }
        const std::size_t length = response.file ? response.file->length : response.body.size();
        const bool spoilt = response.injected &&
                            response.injected->wire != InjectedFault::Wire::intact && length > 0;
        if (spoilt || (response.file && length > 0)) {
            out.headers.erase("Content-Type"); // the library adds it a second time
            auto provider = response.file ? file_provider(*response.file)
                                          : text_provider(std::move(response.body));
            if (spoilt)
                provider = spoilt_provider(std::move(provider), *response.injected, length);
            out.set_content_provider(length, content_type, std::move(provider));
        } else {
            out.body = std::move(response.body);
        }
    }

    static httplib::ContentProvider file_provider(FileBody file) {
        constexpr std::size_t most = 256 << 10;
        auto piece = std::make_shared<std::vector<char>>(std::min<std::size_t>(file.length, most));
        return [file = std::move(file), buffer = std::move(piece)](
                   std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            const ssize_t got =
                ::pread(*file.descriptor, buffer->data(), std::min(length, buffer->size()),
                        static_cast<off_t>(file.offset + offset));
            // A file that shrank under us: the connection breaks, as a short body would be a lie.
            return got > 0 && sink.write(buffer->data(), static_cast<std::size_t>(got));
        };
    }

    static httplib::ContentProvider text_provider(std::string text) {
        return [text = std::move(text)](std::size_t offset, std::size_t length,
                                        httplib::DataSink& sink) {
            const auto piece = std::string_view(text).substr(offset, length);
            return !piece.empty() && sink.write(piece.data(), piece.size());
        };
    }

    // The same bytes, but slowly, or not all of them.
    httplib::ContentProvider spoilt_provider(httplib::ContentProvider inner, InjectedFault fault,
                                             std::size_t total) {
        using Wire = InjectedFault::Wire;
        const std::size_t end =
            fault.wire == Wire::truncated ? std::min<std::size_t>(fault.bytes, total - 1) : total;
        const std::size_t pace = fault.wire == Wire::slow
                                     ? std::max<std::size_t>(fault.bytes / 10, 1)
                                     : std::numeric_limits<std::size_t>::max();
        const std::chrono::milliseconds pause(
            fault.wire == Wire::slow ? 1000 * std::min<std::size_t>(pace, fault.bytes) / fault.bytes
                                     : 0);
        return [this, inner = std::move(inner), end, pace,
                pause](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            Connection& connection = stream_->connection();
            if (offset >= end) { // what is there goes out; then the connection ends
                (void)connection.flush();
                return false;
            }
            if (pause.count() > 0 && offset > 0 &&
                (!connection.flush() || !connection.hold(pause, Connection::Until::aborted)))
                return false;
            return inner(offset, std::min({length, pace, end - offset}), sink);
        };
    }

    std::shared_ptr<const ProtocolHooks> hooks_;
    ConnectionStream* stream_ = nullptr;
    httplib::Request* raw_ = nullptr;
    Request request_;
    BodyReader body_;
    std::unique_ptr<char[]> piece_; // made when a body is read for the first time
    Framing framing_ = Framing::none;
    bool answered_ = false;
    bool must_close_ = false;
    bool body_taken_ = false;
    bool expects_continue_ = false;
};

} // namespace

std::unique_ptr<Protocol> make_http_protocol(std::shared_ptr<const ProtocolHooks> hooks) {
    return std::make_unique<HttpProtocol>(std::move(hooks));
}

} // namespace vtpmlab::http
