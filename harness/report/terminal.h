#pragma once
// Where a report is read by a person: a terminal, or a pipe into a log. The one place that knows
// about file descriptors, window size and colour; the sinks above it are pure text.

#include <cstddef>
#include <string_view>

namespace vtpmlab::report {

enum class Colour { off, on };

class Terminal {
public:
    Terminal() = default;
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    virtual ~Terminal() = default;

    // Everything or nothing a reader could see half of; a closed pipe is ignored.
    virtual void write(std::string_view text) = 0;
    // Lines can be painted over: a terminal that is not "dumb".
    [[nodiscard]] virtual bool is_interactive() const = 0;
    // Asked before each painting, for windows change.
    [[nodiscard]] virtual std::size_t width() const = 0;
    [[nodiscard]] virtual std::size_t height() const = 0;
    [[nodiscard]] virtual Colour colour() const = 0;
};

// A file descriptor of this process. Honours NO_COLOR and TERM=dumb.
class FdTerminal final : public Terminal {
public:
    explicit FdTerminal(int fd);
    void write(std::string_view text) override;
    [[nodiscard]] bool is_interactive() const override { return interactive_; }
    [[nodiscard]] std::size_t width() const override;
    [[nodiscard]] std::size_t height() const override;
    [[nodiscard]] Colour colour() const override { return colour_; }

private:
    int fd_;
    bool interactive_;
    Colour colour_;
};

} // namespace vtpmlab::report
