#pragma once
// The journal of a standing cloud on disk, for `vtpmlab journal`: one JSON object a line, readable
// by its owner alone. Bounded: when the file is full it becomes "NAME.1", in place of the one
// before.

#include <vtpmlab/result.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace vtpmlab::cli {

class JournalWriter {
public:
    static constexpr std::uint64_t default_limit = std::uint64_t{64} << 20;

    [[nodiscard]] static Result<JournalWriter> create(std::filesystem::path path,
                                                      std::uint64_t limit = default_limit);
    // Lines with their newlines; they reach the disk's cache before this returns.
    [[nodiscard]] Status append(std::string_view lines);

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    JournalWriter(std::filesystem::path path, std::uint64_t limit)
        : path_(std::move(path)), limit_(limit) {}
    [[nodiscard]] Status open();

    std::filesystem::path path_;
    std::uint64_t limit_;
    std::uint64_t size_ = 0;
    std::unique_ptr<std::FILE, Close> file_;
};

// Reads such a journal from its oldest line on, over the change to a new file.
class JournalReader {
public:
    explicit JournalReader(std::filesystem::path path);

    // Hands over every whole line that is there and was not handed over yet, without its newline.
    void read_on(const std::function<void(std::string_view)>& line);

private:
    void drain(const std::function<void(std::string_view)>& line);

    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::filesystem::path path_;
    std::unique_ptr<std::FILE, Close> file_;
    std::string partial_;
};

} // namespace vtpmlab::cli
