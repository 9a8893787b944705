// vtpm-probe-client SOCKET [REPORT.json]: waits for the guest's probe, takes its report, judges it,
// and powers the guest off. Prints the verdict; ends with 0 when nothing speaks against it.

#include "core/error_text.h"
#include "core/files.h"
#include "evidence/guest_report.h"
#include "evidence/judge.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace {

using namespace vtpmlab;
using namespace std::chrono_literals;

Result<Verdict> interrogate(const char* socket, const char* file) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    VTPMLAB_TRY(GuestChannel channel, GuestChannel::connect(socket, deadline));
    VTPMLAB_TRY(const GuestReport report, take_report(channel, deadline));
    VTPMLAB_CHECK(channel.power_off(deadline));
    if (file != nullptr)
        VTPMLAB_CHECK(write_file(file, to_json(report).dump(2) + "\n"));
    return judge(report);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: vtpm-probe-client SOCKET [REPORT.json]\n", stderr);
        return 1;
    }
    const auto verdict = interrogate(argv[1], argc > 2 ? argv[2] : nullptr);
    if (!verdict) {
        std::fputs(error_text(verdict.error()).c_str(), stderr);
        return 3;
    }
    std::printf("%s\n", summary(*verdict).c_str());
    for (const std::string& objection : objections(*verdict))
        std::printf("  %s\n", objection.c_str());
    return verdict->is_clean() ? 0 : 4;
}
