#include "runner/case_context.h"

#include "core/files.h"
#include "runner/out_directory.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::runner {
namespace {

using std::chrono::steady_clock;

// Between two looks: a quarter of the time waited so far, so that no wait is more than that much
// too long and a long one asks little of the services. The bounds: fast enough that a model case is
// not slowed down, slow enough that a guest's boot makes no flood of requests in the journal.
constexpr std::chrono::milliseconds shortest_model_pause{3}, longest_model_pause{100};
constexpr std::chrono::milliseconds shortest_guest_pause{150}, longest_guest_pause{300};
constexpr std::size_t console_limit = std::size_t{4} << 20;

} // namespace

Result<client::Session*> CaseContext::session(const std::string& persona) {
    auto& session = sessions_[persona];
    if (!session) {
        VTPMLAB_TRY(auto credentials, lab_.credentials(persona));
        client::PasswordLogin login;
        login.auth_url = credentials.auth_url;
        login.user = credentials.user;
        login.project = credentials.project;
        login.password = std::move(credentials.password);
        session = std::make_unique<client::Session>(std::move(login));
    }
    return session.get();
}

Status CaseContext::pause(Deadline deadline, const std::string& waiting_for,
                          const std::string& seen) const {
    const auto now = steady_clock::now();
    if (now >= deadline)
        return fail(ErrorKind::product,
                    fmt::format("timed out waiting for {}; {}", waiting_for, seen));
    const auto quarter = (now - waiting_since_) / 4;
    const auto step =
        depth() == Depth::model
            ? std::clamp<steady_clock::duration>(quarter, shortest_model_pause, longest_model_pause)
            : std::clamp<steady_clock::duration>(quarter, shortest_guest_pause,
                                                 longest_guest_pause);
    if (interruption_.wait_until(std::min<Deadline>(deadline, now + step)) ==
        Interruption::Waited::interrupted)
        return fail(ErrorKind::interrupted,
                    fmt::format("interrupted while waiting for {}", waiting_for));
    return {};
}

void CaseContext::remember_server(KnownServer server) {
    const bool known = std::any_of(servers_.begin(), servers_.end(),
                                   [&](const auto& other) { return other.id == server.id; });
    if (!known)
        servers_.push_back(std::move(server));
}

void CaseContext::forget_server(const std::string& id) {
    for (auto& server : servers_)
        if (server.id == id)
            server.is_deleted = true;
}

std::string CaseContext::server_name(const std::string& id) const {
    for (const auto& server : servers_)
        if (server.id == id)
            return server.name;
    return id;
}

std::filesystem::path CaseContext::evidence_file(const std::string& kind,
                                                 const std::string& server_id,
                                                 const std::string& extension) const {
    // Two servers may share a name; the later one's files then carry the id.
    std::string name = server_name(server_id);
    const auto first = std::find_if(servers_.begin(), servers_.end(),
                                    [&](const auto& server) { return server.name == name; });
    if (first != servers_.end() && first->id != server_id)
        name = server_id;
    return directory_ / fmt::format("{}-{}.{}", kind, directory_name(name), extension);
}

void CaseContext::warn(const std::string& text) {
    if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
        warnings_.push_back(text);
}

void CaseContext::collect_warnings_of(const std::string& server_id) {
    if (const auto found = lab_.warnings(server_id))
        for (const auto& text : *found)
            warn(fmt::format("server {}: {}", server_name(server_id), text));
}

void CaseContext::keep(const std::filesystem::path& file, const std::string& content) {
    if (auto written = write_file(file, content); !written && kept_)
        kept_ = std::move(written);
}

Status CaseContext::keep_look(const std::string& kind, const std::string& server_id,
                              const nlohmann::json& look) {
    const auto file = evidence_file(kind, server_id, "json");
    if (const unsigned number = looks_[file]++; number > 0) {
        auto earlier = file;
        earlier.replace_extension(fmt::format("{}.json", number));
        std::error_code code;
        std::filesystem::rename(file, earlier, code);
        if (code)
            return fail(ErrorKind::lab,
                        fmt::format("cannot keep an earlier look: {}", code.message()),
                        earlier.string(), "see whether its disk is full");
    }
    return write_file(file,
                      look.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n");
}

void CaseContext::keep_evidence_of(const std::string& server_id) {
    collect_warnings_of(server_id);
    // A server that never got as far has no console and no domain: nothing to keep, no error.
    if (const auto ports = lab_.guest_ports(server_id); ports && !ports->console_log.empty()) {
        // Also when it is empty: that the guest never said a word is evidence.
        keep(evidence_file("console", server_id, "log"),
             tail_of_file(ports->console_log, console_limit));
    }
    if (const auto xml = lab_.domain_xml(server_id); xml && !xml->empty())
        keep(evidence_file("domain", server_id, "xml"), *xml);
}

std::vector<report::Difference> to_report(const std::vector<scenario::Difference>& differences,
                                          const std::string& below) {
    std::vector<report::Difference> all;
    for (const auto& difference : differences)
        all.push_back(
            {below + difference.pointer, difference.expected, difference.actual, difference.place});
    return all;
}

} // namespace vtpmlab::runner
