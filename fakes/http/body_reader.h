#pragma once
// The body of one request, read from its connection in the framing its head announced: by length
// or in chunks (RFC 9112 §6, §7.1). Strict, because a body read wrongly makes what follows it a
// request; bounded, because a chunk's extensions and the trailer are thrown away.

#include "http/connection.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace vtpmlab::http {

class BodyReader {
public:
    // An empty body.
    BodyReader() = default;
    static BodyReader of_length(Connection& connection, std::uint64_t length);
    static BodyReader in_chunks(Connection& connection);

    // Bytes read; 0 at the end of the body, which leaves the connection at the next request; -1
    // when the peer fell silent, went away, or broke the framing.
    long read(char* to, std::size_t size);
    [[nodiscard]] bool at_end() const { return state_ == State::end; }

private:
    enum class State { length, chunk_head, chunk, end, broken };
    BodyReader(Connection& connection, State state, std::uint64_t left)
        : connection_(&connection), state_(state), left_(left) {}
    bool next_chunk();
    bool skip_trailer();
    bool read_line(std::string& line);

    Connection* connection_ = nullptr;
    State state_ = State::end;
    std::uint64_t left_ = 0; // of the body or of the chunk
    bool is_first_chunk_ = true;
};

} // namespace vtpmlab::http
