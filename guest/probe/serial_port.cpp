#include "probe/serial_port.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vtpmlab::probe {
namespace {

tl::unexpected<Error> failed(const std::string& device) {
    return fail(ErrorKind::lab, std::strerror(errno), device);
}

} // namespace

Result<SerialPort> SerialPort::open(const std::string& device) {
    const int fd = ::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return failed(device);
    SerialPort port(fd, device);
    termios settings{};
    if (tcgetattr(fd, &settings) != 0)
        return failed(device);
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSAFLUSH, &settings) != 0)
        return failed(device);
    return port;
}

SerialPort::SerialPort(SerialPort&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), device_(std::move(other.device_)) {}

SerialPort::~SerialPort() {
    if (fd_ >= 0)
        close(fd_);
}

Result<std::string> SerialPort::read() {
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(fd_, buffer, sizeof buffer);
        if (count > 0)
            return std::string(buffer, static_cast<std::size_t>(count));
        if (count == 0)
            return fail(ErrorKind::lab, "the line hung up", device_);
        if (errno != EINTR)
            return failed(device_);
    }
}

Status SerialPort::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR)
            return failed(device_);
        if (count > 0)
            bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    while (tcdrain(fd_) != 0)
        if (errno != EINTR)
            return failed(device_);
    return {};
}

} // namespace vtpmlab::probe
