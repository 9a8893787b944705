#include "evidence/event_log.h"

#include "evidence/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace vtpmlab {
namespace {

constexpr std::uint32_t ev_no_action = 3;
constexpr std::size_t sha1_bytes = 20;
constexpr std::size_t max_events = 65536;
constexpr unsigned max_pcrs = 64;
constexpr std::uint32_t max_algorithms = 16;

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 37> type_names{{
    {0x0, "EV_PREBOOT_CERT"},
    {0x1, "EV_POST_CODE"},
    {0x3, "EV_NO_ACTION"},
    {0x4, "EV_SEPARATOR"},
    {0x5, "EV_ACTION"},
    {0x6, "EV_EVENT_TAG"},
    {0x7, "EV_S_CRTM_CONTENTS"},
    {0x8, "EV_S_CRTM_VERSION"},
    {0x9, "EV_CPU_MICROCODE"},
    {0xa, "EV_PLATFORM_CONFIG_FLAGS"},
    {0xb, "EV_TABLE_OF_DEVICES"},
    {0xc, "EV_COMPACT_HASH"},
    {0xd, "EV_IPL"},
    {0xe, "EV_IPL_PARTITION_DATA"},
    {0xf, "EV_NONHOST_CODE"},
    {0x10, "EV_NONHOST_CONFIG"},
    {0x11, "EV_NONHOST_INFO"},
    {0x12, "EV_OMIT_BOOT_DEVICE_EVENTS"},
    {0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    {0x80000002, "EV_EFI_VARIABLE_BOOT"},
    {0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    {0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER"},
    {0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    {0x80000006, "EV_EFI_GPT_EVENT"},
    {0x80000007, "EV_EFI_ACTION"},
    {0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    {0x80000009, "EV_EFI_HANDOFF_TABLES"},
    {0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
    {0x8000000b, "EV_EFI_HANDOFF_TABLES2"},
    {0x8000000c, "EV_EFI_VARIABLE_BOOT2"},
    {0x8000000d, "EV_EFI_GPT_EVENT2"},
    {0x80000010, "EV_EFI_HCRTM_EVENT"},
    {0x800000e0, "EV_EFI_VARIABLE_AUTHORITY"},
    {0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB"},
    {0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
    {0x800000e3, "EV_EFI_SPDM_DEVICE_POLICY"},
    {0x800000e4, "EV_EFI_SPDM_DEVICE_AUTHORITY"},
}};

// Little-endian values from the front of what is left. Asked for more than that, it turns bad and
// yields zeros and nothing.
class LogReader {
public:
    explicit LogReader(std::span<const unsigned char> bytes) : all_(bytes.size()), rest_(bytes) {}

    std::span<const unsigned char> bytes(std::size_t count) {
        if (count > rest_.size()) {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    std::uint32_t number(std::size_t size) {
        std::uint32_t value = 0;
        const auto taken = bytes(size);
        for (std::size_t i = taken.size(); i-- > 0;)
            value = value << 8 | taken[i];
        return value;
    }
    std::uint32_t u32() { return number(4); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }

    [[nodiscard]] bool is_good() const { return is_good_; }
    [[nodiscard]] std::size_t offset() const { return all_ - rest_.size(); }
    // Behind the last event an ACPI log area is filled up, with zeros or ones.
    [[nodiscard]] bool is_at_end() const {
        const auto all_are = [this](unsigned char filler) {
            return std::ranges::all_of(rest_, [=](unsigned char byte) { return byte == filler; });
        };
        return rest_.empty() || ((rest_[0] == 0 || rest_[0] == 0xff) && all_are(rest_[0]));
    }

private:
    std::size_t all_;
    std::span<const unsigned char> rest_;
    bool is_good_ = true;
};

Bytes copy(std::span<const unsigned char> bytes) { return {bytes.begin(), bytes.end()}; }

tl::unexpected<Error> wrong(std::size_t index, std::size_t offset, std::string_view what) {
    return fail(ErrorKind::product, fmt::format("the firmware's event log is wrong at event {}, "
                                                "offset {:#x}: {}",
                                                index, offset, what));
}

struct Algorithm {
    std::uint16_t id = 0;
    std::string name;
    std::size_t size = 0;
};

// TCG_EfiSpecIdEventStruct
Result<std::vector<Algorithm>> parse_spec_id(const LogEvent& event) {
    LogReader in(event.data);
    in.bytes(16); // signature
    in.u32();     // platform class
    in.u32();     // versions, errata and the size of UINTN
    const std::uint32_t count = in.u32();
    if (count == 0 || count > max_algorithms)
        return wrong(0, event.offset, fmt::format("it names {} algorithms", count));
    std::vector<Algorithm> algorithms;
    for (std::uint32_t i = 0; i < count; ++i) {
        Algorithm algorithm;
        algorithm.id = in.u16();
        algorithm.size = in.u16();
        algorithm.name = digest_name(algorithm.id);
        if (algorithm.size == 0 || algorithm.size > 64 ||
            digest_size(algorithm.name).value_or(algorithm.size) != algorithm.size)
            return wrong(0, event.offset,
                         fmt::format("it gives {} {} bytes", algorithm.name, algorithm.size));
        if (std::ranges::find(algorithms, algorithm.id, &Algorithm::id) != algorithms.end())
            return wrong(0, event.offset, fmt::format("it names {} twice", algorithm.name));
        algorithms.push_back(std::move(algorithm));
    }
    if (!in.is_good())
        return wrong(0, event.offset, "its list of algorithms is cut off");
    return algorithms;
}

bool begins_with(const LogEvent& event, std::string_view signature) {
    return event.data.size() >= signature.size() &&
           std::equal(signature.begin(), signature.end(), event.data.begin(),
                      [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
}

constexpr std::string_view spec_id_signature("Spec ID Event03\0", 16);
constexpr std::string_view startup_locality_signature("StartupLocality\0", 16);

Result<LogEvent> parse_event(LogReader& in, std::size_t index,
                             const std::vector<Algorithm>& algorithms) {
    LogEvent event;
    event.index = index;
    event.offset = in.offset();
    event.pcr = in.u32();
    event.type = in.u32();
    if (algorithms.empty()) { // TCG_PCClientPCREvent
        event.digests.emplace("sha1", copy(in.bytes(sha1_bytes)));
    } else { // TCG_PCR_EVENT2
        const std::uint32_t count = in.u32();
        if (in.is_good() && count != algorithms.size())
            return wrong(index, event.offset,
                         fmt::format("it has {} digests, and the log {} algorithms", count,
                                     algorithms.size()));
        for (std::uint32_t i = 0; in.is_good() && i < count; ++i) {
            const std::uint16_t id = in.u16();
            const auto algorithm = std::ranges::find(algorithms, id, &Algorithm::id);
            if (in.is_good() && algorithm == algorithms.end())
                return wrong(index, event.offset,
                             fmt::format("its algorithm {:#x} is none of the log's", id));
            if (in.is_good() &&
                !event.digests.emplace(algorithm->name, copy(in.bytes(algorithm->size))).second)
                return wrong(index, event.offset,
                             fmt::format("it has two digests of {}", algorithm->name));
        }
    }
    event.data = copy(in.bytes(in.u32()));
    if (!in.is_good())
        return wrong(index, event.offset, "it is cut off");
    if (event.pcr >= max_pcrs && event.is_measured())
        return wrong(index, event.offset, fmt::format("there is no PCR {}", event.pcr));
    return event;
}

} // namespace

bool LogEvent::is_measured() const { return type != ev_no_action; }

std::string LogEvent::text() const {
    return fmt::format("event {} ({}, PCR {}, offset {:#x})", index, event_type_name(type), pcr,
                       offset);
}

std::string event_type_name(std::uint32_t type) {
    for (const auto& [number, name] : type_names)
        if (number == type)
            return std::string(name);
    return fmt::format("type {:#x}", type);
}

Result<EventLog> parse_event_log(std::span<const unsigned char> bytes) {
    EventLog log;
    LogReader in(bytes);
    std::vector<Algorithm> algorithms;
    while (!in.is_at_end()) {
        if (log.events.size() == max_events)
            return wrong(log.events.size(), in.offset(), "there are too many events");
        VTPMLAB_TRY(LogEvent event, parse_event(in, log.events.size(), algorithms));
        if (!event.is_measured()) {
            if (event.index == 0 && begins_with(event, spec_id_signature)) {
                VTPMLAB_TRY(algorithms, parse_spec_id(event));
                log.format = LogFormat::crypto_agile;
            } else if (begins_with(event, startup_locality_signature) &&
                       event.data.size() > startup_locality_signature.size()) {
                log.startup_locality = event.data[startup_locality_signature.size()];
            }
        }
        log.events.push_back(std::move(event));
    }
    if (log.format == LogFormat::sha1)
        log.algorithms = {"sha1"};
    for (const Algorithm& algorithm : algorithms)
        log.algorithms.push_back(algorithm.name);
    return log;
}

} // namespace vtpmlab
