// What takes long and is watched: live migration and copies of disks.

#include "hypervisor/libvirt/libvirt_hypervisor.h"
#include "hypervisor/libvirt/vir_error.h"
#include "process/deadline.h"
#include "xml/domain_xml.h"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include <condition_variable>
#include <thread>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;

constexpr const char* disk = "vda"; // the one a server has
constexpr auto disks_are_copied_within = 120s;

// Parameters as libvirt takes them.
class Parameters {
public:
    Parameters() = default;
    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;
    ~Parameters() { virTypedParamsFree(list_, count_); }

    // These fail only without memory, or for a name libvirt does not know.
    [[nodiscard]] bool add(const char* name, const std::string& value) {
        return virTypedParamsAddString(&list_, &count_, &capacity_, name, value.c_str()) == 0;
    }
    [[nodiscard]] bool add(const char* name, std::uint64_t value) {
        return virTypedParamsAddULLong(&list_, &count_, &capacity_, name, value) == 0;
    }
    [[nodiscard]] virTypedParameterPtr list() const { return list_; }
    [[nodiscard]] unsigned count() const { return static_cast<unsigned>(count_); }

private:
    virTypedParameterPtr list_ = nullptr;
    int count_ = 0;
    int capacity_ = 0;
};

// Aborts the domain's job when the time is over; until then it can be called off.
class Watchdog {
public:
    Watchdog(virDomainPtr domain, std::chrono::seconds time)
        : thread_([this, domain, time] {
              std::unique_lock lock(mutex_);
              if (changed_.wait_for(lock, time, [this] { return is_off_; }))
                  return;
              has_bitten_ = true;
              virDomainAbortJob(domain);
          }) {}
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog() { (void)call_off(); }

    // True when it had to act.
    bool call_off() {
        {
            const std::lock_guard lock(mutex_);
            is_off_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable())
            thread_.join();
        return has_bitten_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_off_ = false;
    bool has_bitten_ = false;
    std::thread thread_;
};

} // namespace

Status LibvirtHypervisor::migrate(const std::string& uuid, const Migration& migration) {
    constexpr const char* call = "virDomainMigrateToURI3";
    VTPMLAB_TRY(const auto found, domain(uuid, call));
    const vir::CString live(virDomainGetXMLDesc(found.get(), VIR_DOMAIN_XML_MIGRATABLE));
    if (!live)
        return failed("virDomainGetXMLDesc");
    VTPMLAB_TRY(const std::string there, xml::move_domain_xml(live.get(), migration.domain));

    // UNIX sockets in the instance's directory over there: the hosts share no network.
    const auto directory = migration.domain.probe_socket.parent_path();
    unsigned flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_PERSIST_DEST |
                     VIR_MIGRATE_UNDEFINE_SOURCE;
    Parameters parameters;
    bool added = parameters.add(VIR_MIGRATE_PARAM_URI,
                                fmt::format("unix://{}", (directory / "move.sock").string())) &&
                 parameters.add(VIR_MIGRATE_PARAM_DEST_XML, there) &&
                 parameters.add(VIR_MIGRATE_PARAM_PERSIST_XML, there);
    if (migration.bandwidth_mib_per_s > 0)
        added = added && parameters.add(VIR_MIGRATE_PARAM_BANDWIDTH, migration.bandwidth_mib_per_s);
    if (migration.domain.disk && migration.copies_disk) {
        flags |= VIR_MIGRATE_NON_SHARED_DISK;
        added = added && parameters.add(VIR_MIGRATE_PARAM_MIGRATE_DISKS, disk) &&
                parameters.add(VIR_MIGRATE_PARAM_DISKS_URI,
                               fmt::format("unix://{}", (directory / "disk.sock").string()));
    }
    if (!added)
        return failed("virTypedParamsAdd");

    Watchdog watchdog(found.get(), migration.completion_timeout);
    const int result = virDomainMigrateToURI3(found.get(), migration.destination.c_str(),
                                              parameters.list(), parameters.count(), flags);
    if (result == 0)
        return {};
    Error error = vir::last_error(call, config_.host);
    if (found.connection->is_alive() && error.kind == ErrorKind::lab) {
        error.kind = ErrorKind::product; // this daemon tells of the other one
        error.hint = "look at the destination's libvirtd";
    }
    if (watchdog.call_off())
        error.causes.push_back(fmt::format("it was aborted after {} s, its completion timeout",
                                           migration.completion_timeout.count()));
    return fail(std::move(error));
}

Status LibvirtHypervisor::abort_job(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainAbortJob"));
    if (virDomainAbortJob(found.get()) == 0 || vir::last_code() == VIR_ERR_OPERATION_INVALID)
        return {};
    return failed("virDomainAbortJob");
}

Status LibvirtHypervisor::copy_disk(const std::string& uuid, const std::filesystem::path& to) {
    constexpr const char* call = "virDomainBlockCopy";
    VTPMLAB_TRY(const auto found, domain(uuid, call));
    if (virDomainBlockCopy(found.get(), disk, xml::copied_disk_xml(to).c_str(), nullptr, 0, 0) < 0)
        return failed(call);
    bool is_copied = false;
    bool is_lost = false;
    const bool in_time = wait_until(Deadline::in(disks_are_copied_within), [&] {
        virDomainBlockJobInfo info{};
        const int known = virDomainGetBlockJobInfo(found.get(), disk, &info, 0);
        is_lost = known <= 0;
        // From here on the copy follows the disk, until the job is ended.
        is_copied = known == 1 && info.end > 0 && info.cur == info.end;
        return is_lost || is_copied;
    });
    if (is_lost)
        return fail(ErrorKind::product, "the copy of the disk ended before it was complete",
                    fmt::format("{} on {}", call, config_.host),
                    "read the host's libvirtd.log; most often its disk is full");
    if (virDomainBlockJobAbort(found.get(), disk, 0) < 0)
        return failed("virDomainBlockJobAbort");
    if (!in_time)
        return fail(ErrorKind::product,
                    fmt::format("the copy of the disk took more than {} s",
                                disks_are_copied_within.count()),
                    fmt::format("{} on {}", call, config_.host));
    return {};
}

} // namespace vtpmlab
