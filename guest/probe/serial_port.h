#pragma once
// A serial line as eight clean bits: no echo, no line editing, no signals, no translation. What was
// typed before it was opened is thrown away; what is written has left the machine when write()
// returns.

#include <vtpmlab/result.h>

#include <string>
#include <string_view>

namespace vtpmlab::probe {

class SerialPort {
public:
    [[nodiscard]] static Result<SerialPort> open(const std::string& device);

    SerialPort(SerialPort&& other) noexcept;
    SerialPort(const SerialPort&) = delete;
    SerialPort& operator=(const SerialPort&) = delete;
    ~SerialPort();

    // Waits for at least one byte.
    [[nodiscard]] Result<std::string> read();
    [[nodiscard]] Status write(std::string_view bytes);

private:
    SerialPort(int fd, std::string device) : fd_(fd), device_(std::move(device)) {}

    int fd_;
    std::string device_;
};

} // namespace vtpmlab::probe
