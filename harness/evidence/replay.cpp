#include "evidence/replay.h"

#include "evidence/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace vtpmlab {
namespace {

constexpr unsigned firmware_pcrs = 8;
// Leaving out each event in turn costs the square of their number.
constexpr std::size_t max_events_to_leave_out = 512;

// Types whose digest is that of the event's data, by the PC Client specifications and SeaBIOS.
constexpr std::array<std::uint32_t, 4> self_describing{
    0x4, // EV_SEPARATOR
    0x5, // EV_ACTION
    0x6, // EV_EVENT_TAG
    0x8, // EV_S_CRTM_VERSION
};

// The events of one PCR in one bank, measured from the beginning.
class Pcr {
public:
    Pcr(const EventLog& log, unsigned number, std::string algorithm)
        : algorithm_(std::move(algorithm)), start_(digest_size(algorithm_).value_or(0), 0) {
        if (number == 0 && !start_.empty())
            start_.back() = static_cast<unsigned char>(log.startup_locality);
        for (const LogEvent& event : log.events)
            if (event.is_measured() && event.pcr == number)
                if (const auto found = event.digests.find(algorithm_); found != event.digests.end())
                    events_.push_back(&event);
    }

    [[nodiscard]] const Bytes& start() const { return start_; }
    [[nodiscard]] const std::vector<const LogEvent*>& events() const { return events_; }
    [[nodiscard]] const Bytes& digest_of(std::size_t at) const {
        return events_[at]->digests.at(algorithm_);
    }

    [[nodiscard]] Bytes extended(Bytes value, const Bytes& by) const {
        value.insert(value.end(), by.begin(), by.end());
        return digest(algorithm_, value);
    }
    [[nodiscard]] Bytes value() const { return from(0, start_); }
    // With the events from `first` on, measured into `value`.
    [[nodiscard]] Bytes from(std::size_t first, Bytes value) const {
        for (std::size_t i = first; i < events_.size(); ++i)
            value = extended(std::move(value), digest_of(i));
        return value;
    }
    [[nodiscard]] Bytes digest_of_data(std::size_t at) const {
        return digest(algorithm_, events_[at]->data);
    }

private:
    std::string algorithm_;
    Bytes start_;
    std::vector<const LogEvent*> events_;
};

// Why `in_tpm` is not what the log makes of this PCR.
std::string explain(const Pcr& pcr, const Bytes& in_tpm) {
    const auto& events = pcr.events();
    if (events.empty())
        return "the log has no event for it, but something was measured";
    Bytes before = pcr.start();
    const bool may_leave_out = events.size() <= max_events_to_leave_out;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (before == in_tpm)
            return fmt::format("{} is in the log, but neither it nor what follows was measured",
                               events[i]->text());
        if (may_leave_out && pcr.from(i + 1, before) == in_tpm)
            return fmt::format("{} is in the log, but was not measured", events[i]->text());
        const bool describes_itself =
            std::ranges::find(self_describing, events[i]->type) != self_describing.end();
        if (may_leave_out && describes_itself) {
            const Bytes of_data = pcr.digest_of_data(i);
            if (of_data != pcr.digest_of(i) &&
                pcr.from(i + 1, pcr.extended(before, of_data)) == in_tpm)
                return fmt::format("the digest of {} was changed in the log", events[i]->text());
        }
        before = pcr.extended(std::move(before), pcr.digest_of(i));
    }
    for (std::size_t i = 0; i < events.size(); ++i)
        if (std::ranges::find(self_describing, events[i]->type) != self_describing.end() &&
            pcr.digest_of_data(i) != pcr.digest_of(i))
            return fmt::format("the digest of {} is not that of its data", events[i]->text());
    return fmt::format("no single event explains it; the last one is {}", events.back()->text());
}

} // namespace

std::map<unsigned, Bytes> replay(const EventLog& log, const std::string& algorithm) {
    std::map<unsigned, Bytes> values;
    for (const LogEvent& event : log.events)
        if (event.is_measured() && !values.contains(event.pcr))
            values.emplace(event.pcr, Pcr(log, event.pcr, algorithm).value());
    return values;
}

std::vector<PcrMismatch> compare(const EventLog& log, const PcrBank& bank) {
    std::vector<PcrMismatch> mismatches;
    const auto replayed = replay(log, bank.algorithm);
    for (const auto& [number, in_tpm] : bank.pcrs) {
        if (number >= firmware_pcrs && !replayed.contains(number))
            continue; // the operating system's
        const Pcr pcr(log, number, bank.algorithm);
        Bytes value = pcr.value();
        if (value == in_tpm)
            continue;
        mismatches.push_back(
            {bank.algorithm, number, in_tpm, std::move(value), explain(pcr, in_tpm)});
    }
    return mismatches;
}

} // namespace vtpmlab
