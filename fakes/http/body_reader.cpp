#include "http/body_reader.h"

#include <algorithm>
#include <charconv>

namespace vtpmlab::http {

namespace {
// Of a chunk's head with its extensions, and of one field of the trailer.
constexpr std::size_t max_line_bytes = 4096;
constexpr int max_trailer_lines = 64;
} // namespace

BodyReader BodyReader::of_length(Connection& connection, std::uint64_t length) {
    return {connection, length > 0 ? State::length : State::end, length};
}

BodyReader BodyReader::in_chunks(Connection& connection) {
    return {connection, State::chunk_head, 0};
}

long BodyReader::read(char* to, std::size_t size) {
    if (state_ == State::chunk_head && !next_chunk())
        state_ = State::broken;
    if (state_ == State::end)
        return 0;
    if (state_ == State::broken)
        return -1;
    const long got =
        connection_->read(to, static_cast<std::size_t>(std::min<std::uint64_t>(size, left_)));
    if (got <= 0) { // the end of the stream is no end of the body
        state_ = State::broken;
        return -1;
    }
    left_ -= static_cast<std::uint64_t>(got);
    if (left_ == 0)
        state_ = state_ == State::length ? State::end : State::chunk_head;
    return got;
}

bool BodyReader::next_chunk() {
    std::string line;
    if (!is_first_chunk_ && (!read_line(line) || !line.empty()))
        return false; // a chunk's data ends with a line break of its own
    is_first_chunk_ = false;
    if (!read_line(line))
        return false;
    const auto digits = line.find_first_of("; \t");
    const char* const end = line.data() + std::min(digits, line.size());
    const auto [rest, error] = std::from_chars(line.data(), end, left_, 16);
    if (error != std::errc() || rest != end)
        return false;
    if (left_ > 0) {
        state_ = State::chunk;
        return true;
    }
    state_ = State::end;
    return skip_trailer();
}

bool BodyReader::skip_trailer() {
    std::string line;
    for (int i = 0; i < max_trailer_lines; ++i) {
        if (!read_line(line))
            return false;
        if (line.empty())
            return true;
    }
    return false;
}

bool BodyReader::read_line(std::string& line) {
    line.clear();
    while (line.size() < max_line_bytes) {
        char c = 0;
        if (connection_->read(&c, 1) != 1)
            return false;
        if (c == '\n') {
            if (line.empty() || line.back() != '\r')
                return false;
            line.pop_back();
            return true;
        }
        line += c;
    }
    return false;
}

} // namespace vtpmlab::http
