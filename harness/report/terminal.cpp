#include "report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace vtpmlab::report {
namespace {

winsize window(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0)
        size = {};
    return size;
}

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

} // namespace

FdTerminal::FdTerminal(int fd) : fd_(fd) {
    const char* term = std::getenv("TERM");
    interactive_ = ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
    colour_ = interactive_ && !is_set("NO_COLOR") ? Colour::on : Colour::off;
}

void FdTerminal::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd_, text.data(), text.size());
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::size_t FdTerminal::width() const {
    const auto columns = window(fd_).ws_col;
    return columns == 0 ? 80 : columns;
}

std::size_t FdTerminal::height() const {
    const auto rows = window(fd_).ws_row;
    return rows == 0 ? 24 : rows;
}

} // namespace vtpmlab::report
