// The driver's part of everything that stops a guest and lets it go on, on one host.
// spec: nova-vtpm §5.3
// spec: nova-vtpm §5.4
// spec: nova-vtpm §5.5

#include "cloud/compute/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace vtpmlab::cloud {
namespace {

constexpr std::chrono::milliseconds poll{50};
// A guest that is still booting does not hear the first time (Nova's SHUTDOWN_RETRY_INTERVAL).
constexpr std::chrono::seconds asks_again_after{10};

OrException<void> done(const Status& status) {
    if (!status)
        return libvirt_error(status.error());
    return {};
}

// What QEMU says when swtpm has made its socket, and ended before it listened on it.
bool lost_its_socket(const Error& error) {
    return error.message.find("-swtpm.sock': Connection refused") != std::string::npos;
}

} // namespace

// Nova would give the server up. It is the host's own race, seen twice in some 2,000 starts,
// nothing a scenario asks about: tried once more, and said in the report.
Status Driver::start(const ServerRecord& server) {
    const auto started = host_.hypervisor->start(server.id);
    if (started || !lost_its_socket(started.error()))
        return started;
    warn(server, "libvirt took swtpm's socket away before swtpm listened on it, and the domain did "
                 "not start; it was started once more (finding X9)");
    return host_.hypervisor->start(server.id);
}

KeepTpm Driver::keep_tpm(const ServerRecord& server) {
    if (!context_.profile.keeps_tpm_on_temporary_undefine)
        return KeepTpm::no;
    const auto capabilities = host_.hypervisor->capabilities();
    if (context_.profile.libvirt_keeps_tpm && capabilities &&
        capabilities->may_keep_tpm_on_undefine)
        return KeepTpm::yes;
    warn(server, "Temporary undefine operation is deleting vTPM contents. Please "
                 "upgrade libvirt to >= 8.9.0 to avoid this behavior.");
    return KeepTpm::no;
}

void Driver::warn(const ServerRecord& server, const std::string& text) {
    context_.log.warning("nova-compute",
                         fmt::format("{}: instance {}: {}", host_.spec.name, server.id, text));
    if (const auto device = server.vtpm(); !device || !*device)
        return;
    const auto saved = context_.store.change_server(server.id, [&](ServerRecord& record) {
        if (std::ranges::find(record.warnings, text) == record.warnings.end())
            record.warnings.push_back(text);
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
}

// nova's _get_power_off_values: the image may name another time, and what is no number is none.
std::chrono::seconds Driver::shutdown_timeout(const ServerRecord& server) {
    const auto text = server.image.property("os_shutdown_timeout");
    if (text.empty())
        return context_.options.shutdown_timeout;
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc() && end == text.data() + text.size())
        return std::chrono::seconds(seconds);
    context_.log.warning("nova-compute",
                         fmt::format("Metadata value {} for image_os_shutdown_timeout is not of "
                                     "type int. Using default value {}.",
                                     text, context_.options.shutdown_timeout.count()));
    return context_.options.shutdown_timeout;
}

// A guest that is not up has nothing to turn off.
bool Driver::shut_down(const ServerRecord& server, std::chrono::seconds within,
                       AskAgain ask_again) {
    auto& hypervisor = *host_.hypervisor;
    const auto before = hypervisor.state(server.id);
    if (!before || *before == DomainState::shut_off)
        return true;
    // One that is paused cannot hear.
    if (*before != DomainState::running || !hypervisor.shutdown(server.id))
        return false;
    auto next_asked = std::chrono::steady_clock::now() + asks_again_after;
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!context_.stopping && std::chrono::steady_clock::now() < deadline) {
        life_.check();
        const auto now = hypervisor.state(server.id);
        if (!now || *now == DomainState::shut_off)
            return true;
        if (ask_again == AskAgain::yes && std::chrono::steady_clock::now() >= next_asked) {
            // Refused or not, the deadline decides.
            static_cast<void>(hypervisor.shutdown(server.id));
            next_asked += asks_again_after;
        }
        std::this_thread::sleep_for(poll);
    }
    return false;
}

OrException<void> Driver::power_off(const ServerRecord& server, CleanShutdown clean) {
    auto steps = steps_of(server.id);
    if (clean == CleanShutdown::no || !shut_down(server, shutdown_timeout(server)))
        VTPMLAB_CHECK(done(host_.hypervisor->destroy(server.id)));
    steps.done(compute_step::domain_stopped);
    return {};
}

OrException<void> Driver::pause(const ServerRecord& server) {
    return done(host_.hypervisor->suspend(server.id));
}

OrException<void> Driver::unpause(const ServerRecord& server) {
    return done(host_.hypervisor->resume(server.id));
}

OrException<void> Driver::suspend(const ServerRecord& server) {
    VTPMLAB_CHECK(done(host_.hypervisor->managed_save(server.id)));
    steps_of(server.id).done(compute_step::memory_saved);
    return {};
}

// libvirt restores the managed save when the domain is started.
OrException<void> Driver::resume(Requester& requester, ServerRecord& server) {
    return create_guest_or_clean_up(requester, server, Launch::yes);
}

// nova's _create_guest_with_network: when the guest cannot be made, the domain of that name goes,
// and its managed save with it, also one that was there before (spec: nova-vtpm §LIF-SUS-2).
OrException<void> Driver::create_guest_or_clean_up(Requester& requester, ServerRecord& server,
                                                   Launch launch) {
    auto made = create_guest(requester, server, launch);
    if (made || !host_.hypervisor->state(server.id))
        return made;
    if (const auto stopped = host_.hypervisor->destroy(server.id); !stopped)
        context_.log.warning("nova-compute", stopped.error().message);
    if (const auto undefined = host_.hypervisor->undefine(server.id, keep_tpm(server)); !undefined)
        context_.log.warning("nova-compute", undefined.error().message);
    return made;
}

OrException<void> Driver::hard_reboot(Requester& requester, ServerRecord& server) {
    auto steps = steps_of(server.id);
    VTPMLAB_CHECK(done(host_.hypervisor->destroy(server.id)));
    steps.done(compute_step::domain_stopped);
    VTPMLAB_CHECK(done(host_.hypervisor->undefine(server.id, keep_tpm(server))));
    steps.done(compute_step::domain_undefined);
    return create_guest_or_clean_up(requester, server, Launch::yes);
}

OrException<void> Driver::resume_state_on_host_boot(Requester& requester, ServerRecord& server) {
    const auto state = power_state(server);
    if (state == PowerState::running || state == PowerState::paused)
        return {};
    return hard_reboot(requester, server);
}

// Nova asks once here, and waits.
OrException<void> Driver::soft_reboot(Requester& requester, ServerRecord& server) {
    if (shut_down(server, context_.options.wait_soft_reboot, AskAgain::no)) {
        auto steps = steps_of(server.id);
        steps.done(compute_step::domain_stopped);
        const auto started = start(server);
        if (started) {
            steps.done(compute_step::domain_started);
            return {};
        }
        context_.log.warning("nova-compute", fmt::format("instance {}: soft reboot failed: {}",
                                                         server.id, started.error().message));
    }
    return hard_reboot(requester, server);
}

PowerState Driver::power_state(const ServerRecord& server) {
    const auto state = host_.hypervisor->state(server.id);
    if (!state)
        return PowerState::none;
    switch (*state) {
    case DomainState::running:
        return PowerState::running;
    case DomainState::paused:
        return PowerState::paused;
    case DomainState::shut_off:
        return PowerState::shut_down;
    case DomainState::crashed:
        return PowerState::crashed;
    case DomainState::other:
        break;
    }
    return PowerState::none;
}

} // namespace vtpmlab::cloud
