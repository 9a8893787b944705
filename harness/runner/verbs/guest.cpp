// guest-reboot: what a guest does by itself, and nobody outside is asked about.

#include "runner/case_context.h"
#include "runner/guest_evidence.h"
#include "runner/verb.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// A probe that goes down with its guest leaves a question unanswered.
constexpr auto asks_again_after = 5s;

Result<std::string> boot_of(CaseContext& context, const std::string& server, Deadline deadline) {
    VTPMLAB_TRY(const json hello, ask_probe(context, server, "hello", json::object(), deadline));
    const auto boot = hello.find("boot");
    if (!hello.is_object() || boot == hello.end() || !boot->is_string() ||
        boot->get_ref<const std::string&>().empty())
        return fail(ErrorKind::product, "the guest's probe does not say which boot this is", {},
                    "build the target 'guest' again");
    return boot->get<std::string>();
}

VerbResult guest_reboot(CaseContext& context, const StepCall& step) {
    const auto server = step.args.value.at("server").get<std::string>();
    if (context.depth() == Depth::model) {
        VTPMLAB_CHECK(ask_probe(context, server, "reboot", json::object(), step.deadline));
        return json::object();
    }
    VTPMLAB_TRY(const auto before, boot_of(context, server, step.deadline));
    VTPMLAB_CHECK(ask_probe(context, server, "reboot", json::object(), step.deadline));
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        const auto boot =
            boot_of(context, server, std::min<Deadline>(step.deadline, now + asks_again_after));
        if (boot && *boot != before)
            return json::object();
        const std::string seen = boot ? "still the boot before" : boot.error().message;
        VTPMLAB_CHECK(context.pause(step.deadline, "the guest to reboot", seen));
    }
}

constexpr std::array<VerbEntry, 1> entries = {{
    {"guest-reboot", guest_reboot},
}};

} // namespace

std::span<const VerbEntry> guest_verbs() { return entries; }

} // namespace vtpmlab::runner
