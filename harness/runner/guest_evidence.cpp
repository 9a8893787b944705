#include "runner/guest_evidence.h"

#include "evidence/guest_channel.h"
#include "evidence/guest_report.h"
#include "evidence/judge.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>

namespace vtpmlab::runner {
namespace {

using std::chrono::steady_clock;

// A connection attempt is cut into pieces of this length, so that a Ctrl-C is heard while a guest
// boots.
constexpr std::chrono::seconds attempt{3};

Result<GuestChannel> connect(CaseContext& context, const std::string& server,
                             const std::filesystem::path& socket, Deadline deadline) {
    for (;;) {
        if (context.interruption().is_requested())
            return fail(ErrorKind::interrupted,
                        fmt::format("interrupted while waiting for the guest of server {}",
                                    context.server_name(server)));
        const auto now = steady_clock::now();
        auto channel = GuestChannel::connect(socket, std::min<Deadline>(deadline, now + attempt));
        if (channel)
            return channel;
        if (steady_clock::now() >= deadline)
            return fail(std::move(channel).error().wrapped(fmt::format(
                "the guest of server {} does not answer", context.server_name(server))));
    }
}

} // namespace

Result<GuestEvidence> ask_guest(CaseContext& context, const std::string& server,
                                Deadline deadline) {
    VTPMLAB_TRY(const auto ports, context.lab().guest_ports(server));
    VTPMLAB_TRY(auto channel, connect(context, server, ports.probe_socket, deadline));
    GuestEvidence evidence;
    VTPMLAB_TRY(evidence.report, take_report(channel, deadline));
    evidence.verdict = judge(evidence.report);
    const nlohmann::json kept = {{"depth", "guest"},
                                 {"server", server},
                                 {"host", ports.host},
                                 {"verdict", to_json(evidence.verdict)},
                                 {"report", to_json(evidence.report)}};
    VTPMLAB_CHECK(context.keep_look("probe", server, kept));
    return evidence;
}

Result<nlohmann::json> ask_probe(CaseContext& context, const std::string& server,
                                 std::string_view op, const nlohmann::json& params,
                                 Deadline deadline) {
    if (context.depth() == Depth::model) {
        VTPMLAB_TRY(const auto text,
                    context.lab().ask_model_probe(server, std::string(op), params.dump()));
        auto answer = nlohmann::json::parse(text, nullptr, false);
        if (answer.is_discarded())
            return fail(ErrorKind::lab, "what stands in for a guest answered with no JSON");
        return answer;
    }
    VTPMLAB_TRY(const auto ports, context.lab().guest_ports(server));
    VTPMLAB_TRY(auto channel, connect(context, server, ports.probe_socket, deadline));
    return channel.request(op, params, deadline);
}

Result<std::optional<DomainClaim>> read_domain(CaseContext& context, const std::string& server) {
    VTPMLAB_TRY(const auto xml, context.lab().domain_xml(server));
    pugi::xml_document document;
    const auto parsed = document.load_buffer(xml.data(), xml.size());
    if (!parsed)
        return fail(ErrorKind::lab,
                    fmt::format("the domain XML of server {} cannot be read: {}",
                                context.server_name(server), parsed.description()),
                    fmt::format("byte {}", parsed.offset));
    const auto tpm = document.select_node("//devices/tpm").node();
    if (!tpm)
        return std::optional<DomainClaim>{};
    const auto backend = tpm.child("backend");
    return std::optional<DomainClaim>{
        DomainClaim{backend.attribute("version").value(), tpm.attribute("model").value(),
                    backend.child("encryption").attribute("secret").value()}};
}

} // namespace vtpmlab::runner
