// vtpm-probe [PORT]: answers questions about this machine's TPM on a serial port until it is asked
// to power off or to reboot. Ends with 0 or 3 then; the init takes the machine down.

#include "probe/questions.h"
#include "probe/serial_port.h"

#include <vtpmlab/probe_protocol.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace vtpmlab::probe {
namespace {

Status send(SerialPort& port, const std::string& json) {
    auto line = frame(json);
    if (!line) // cannot happen while a report keeps its bounds, and must not be silent if it does
        line = frame(R"({"id":0,"ok":false,"error":"the answer is too long for a frame"})");
    return port.write(*line);
}

constexpr int powers_off = 0;
constexpr int reboots = 3; // guest/init knows it, too

Result<int> serve(const std::string& device) {
    VTPMLAB_TRY(SerialPort port, SerialPort::open(device));
    const Questions questions{Machine{}};
    // Before anybody can ask: a check that follows sees this boot.
    if (const Status counted = questions.count_boot(); !counted)
        std::fprintf(stderr, "vtpm-probe: this boot is not counted: %s\n",
                     counted.error().message.c_str());
    VTPMLAB_CHECK(send(port, questions.greeting()));
    FrameDecoder decoder;
    for (;;) {
        VTPMLAB_TRY(const std::string bytes, port.read());
        decoder.push(bytes);
        while (const auto request = decoder.next()) {
            const auto answer = questions.answer(*request);
            if (!answer)
                continue;
            VTPMLAB_CHECK(send(port, answer->json));
            if (answer->then == AfterAnswer::power_off)
                return powers_off;
            if (answer->then == AfterAnswer::reboot)
                return reboots;
        }
    }
}

} // namespace
} // namespace vtpmlab::probe

int main(int argc, char** argv) {
    // Errors of the TPM are answers here; tpm2-tss would print each of them on the console as well.
    setenv("TSS2_LOG", "all+none", 0);
    try {
        const std::string port = argc > 1 ? argv[1] : std::string(vtpmlab::probe::guest_port);
        const auto served = vtpmlab::probe::serve(port);
        if (served)
            return *served;
        std::fprintf(stderr, "vtpm-probe: %s: %s\n", served.error().where.c_str(),
                     served.error().message.c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "vtpm-probe: %s\n", error.what());
    }
    return 1;
}
