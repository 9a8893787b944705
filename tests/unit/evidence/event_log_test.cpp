#include "evidence/digest.h"
#include "evidence/event_log.h"
#include "evidence/replay.h"
#include "sample_report.h"

#include <gmock/gmock.h>

#include <random>

namespace vtpmlab {
namespace {

using test::sample_report;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Bytes sample_log(const std::string& name) { return sample_report(name).firmware_log.value->bytes; }

void put(Bytes& log, std::uint32_t value, int size = 4) {
    for (int i = 0; i < size; ++i)
        log.push_back(static_cast<unsigned char>(value >> (8 * i)));
}
void put(Bytes& log, std::string_view text) { log.insert(log.end(), text.begin(), text.end()); }

// An event of the SHA-1 form whose digest is that of its data.
void put_event(Bytes& log, std::uint32_t pcr, std::uint32_t type, std::string_view data) {
    put(log, pcr);
    put(log, type);
    const Bytes sum =
        digest("sha1", {reinterpret_cast<const unsigned char*>(data.data()), data.size()});
    log.insert(log.end(), sum.begin(), sum.end());
    put(log, static_cast<std::uint32_t>(data.size()));
    put(log, data);
}

// Three events in PCR 4 and one in PCR 5.
EventLog four_events() {
    Bytes log;
    put_event(log, 4, 0x5, "Calling INT 19h");
    put_event(log, 4, 0xd, "boot sector");
    put_event(log, 5, 0x4, std::string_view("\0\0\0\0", 4));
    put_event(log, 4, 0x4, std::string_view("\0\0\0\0", 4));
    return *parse_event_log(log);
}

Bytes extend(Bytes value, const Bytes& by) {
    value.insert(value.end(), by.begin(), by.end());
    return digest("sha1", value);
}

// The mismatch of PCR 4 when the TPM measured `digests` into it.
std::string explanation(const EventLog& log, const std::vector<Bytes>& digests) {
    Bytes value(20, 0);
    for (const Bytes& by : digests)
        value = extend(value, by);
    const auto mismatches = compare(log, {"sha1", {{4, value}}});
    return mismatches.size() == 1 ? mismatches[0].event : "";
}

TEST(EventLog, ReadsTheFormOfTpm12) {
    const auto log = parse_event_log(sample_log("tpm12_tis"));
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ(log->format, LogFormat::sha1);
    EXPECT_THAT(log->algorithms, ElementsAre("sha1"));
    ASSERT_FALSE(log->events.empty());
    EXPECT_EQ(log->events.front().text(), "event 0 (EV_EVENT_TAG, PCR 1, offset 0x0)");
}

TEST(EventLog, ReadsTheCryptoAgileForm) {
    const auto log = parse_event_log(sample_log("tpm20_crb"));
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ(log->format, LogFormat::crypto_agile);
    EXPECT_THAT(log->algorithms, ElementsAre("sha1", "sha256"));
    EXPECT_EQ(log->events[0].text(), "event 0 (EV_NO_ACTION, PCR 0, offset 0x0)");
    EXPECT_FALSE(log->events[0].is_measured());
    EXPECT_EQ(log->events[1].digests.at("sha256").size(), 32u);
}

TEST(EventLog, StopsAtTheFillerOfALogArea) {
    for (const unsigned char filler : Bytes{0x00, 0xff})
        for (const char* name : {"tpm12_tis", "tpm20_crb"}) {
            Bytes bytes = sample_log(name);
            const std::size_t events = parse_event_log(bytes)->events.size();
            bytes.resize(65536, filler);
            const auto log = parse_event_log(bytes);
            ASSERT_TRUE(log) << log.error().message;
            EXPECT_EQ(log->events.size(), events) << name;
        }
}

TEST(EventLog, TakesTheStartupLocality) {
    Bytes bytes;
    put_event(bytes, 0, 0x3, std::string_view("StartupLocality\0\x03", 17));
    const auto log = parse_event_log(bytes);
    ASSERT_TRUE(log);
    EXPECT_EQ(log->startup_locality, 3u);
    Bytes start(20, 0);
    start.back() = 3;
    EXPECT_THAT(compare(*log, {"sha1", {{0, start}}}), IsEmpty());
}

TEST(EventLog, SaysWhereItIsWrong) {
    const auto message = [](const Bytes& bytes) {
        const auto log = parse_event_log(bytes);
        return log ? "" : log.error().message;
    };
    const std::string wrong = "the firmware's event log is wrong at ";
    Bytes log;
    put_event(log, 4, 0x5, "Calling INT 19h");
    Bytes cut = log;
    cut.pop_back();
    EXPECT_EQ(message(cut), wrong + "event 0, offset 0x0: it is cut off");
    Bytes pcr = log;
    put_event(pcr, 64, 0x5, "x");
    EXPECT_EQ(message(pcr), wrong + "event 1, offset 0x2f: there is no PCR 64");
    Bytes size = log;
    size[28] = size[29] = size[30] = size[31] = 0xff;
    EXPECT_EQ(message(size), wrong + "event 0, offset 0x0: it is cut off");

    const auto spec = [](std::uint32_t count, std::vector<std::pair<unsigned, unsigned>> list) {
        Bytes data;
        put(data, std::string_view("Spec ID Event03\0", 16));
        put(data, 0);
        put(data, 0x02000200);
        put(data, count);
        for (const auto& [id, bytes] : list) {
            put(data, id, 2);
            put(data, bytes, 2);
        }
        Bytes bytes;
        put_event(bytes, 0, 3, {reinterpret_cast<const char*>(data.data()), data.size()});
        return bytes;
    };
    EXPECT_EQ(message(spec(0, {})), wrong + "event 0, offset 0x0: it names 0 algorithms");
    EXPECT_EQ(message(spec(0xffffffff, {})),
              wrong + "event 0, offset 0x0: it names 4294967295 algorithms");
    EXPECT_EQ(message(spec(1, {{4, 32}})), wrong + "event 0, offset 0x0: it gives sha1 32 bytes");
    EXPECT_EQ(message(spec(2, {{4, 20}, {4, 20}})),
              wrong + "event 0, offset 0x0: it names sha1 twice");

    Bytes agile = spec(1, {{4, 20}});
    Bytes two = agile;
    put(two, 0);
    put(two, 5);
    put(two, 2);
    EXPECT_EQ(message(two),
              wrong + "event 1, offset 0x40: it has 2 digests, and the log 1 algorithms");
    Bytes foreign = agile;
    put(foreign, 0);
    put(foreign, 5);
    put(foreign, 1);
    put(foreign, 0xb, 2);
    EXPECT_EQ(message(foreign),
              wrong + "event 1, offset 0x40: its algorithm 0xb is none of the log's");
}

// What the log says was measured: the digests of each PCR, in their order.
std::map<unsigned, std::vector<Bytes>> measured(const EventLog& log, const std::string& algorithm) {
    std::map<unsigned, std::vector<Bytes>> all;
    for (const LogEvent& event : log.events)
        if (event.is_measured())
            all[event.pcr].push_back(event.digests.at(algorithm));
    return all;
}

TEST(EventLog, OutlivesEveryCutAndManyChanges) {
    for (const char* name : {"tpm12_tis", "tpm20_crb"}) {
        const Bytes good = sample_log(name);
        const auto whole = parse_event_log(good);
        ASSERT_TRUE(whole);
        std::size_t refused = 0;
        for (std::size_t size = 0; size < good.size(); ++size) {
            const auto log = parse_event_log(std::span{good}.first(size));
            refused += !log;
            if (log)
                EXPECT_LT(log->events.size(), whole->events.size()) << name << " " << size;
            else
                EXPECT_THAT(log.error().message,
                            StartsWith("the firmware's event log is wrong at "));
        }
        EXPECT_GT(refused, good.size() / 2) << name;
        const std::vector<PcrBank> banks = *sample_report(name).pcr_banks.value;
        std::size_t accepted = 0, complaints = 0;
        std::mt19937 random(7);
        for (int round = 0; round < 2000; ++round) {
            Bytes bad = good;
            for (int change = 0; change < 4; ++change)
                bad[random() % bad.size()] = static_cast<unsigned char>(random());
            const auto log = parse_event_log(bad);
            if (!log)
                continue;
            // A change is passed over only where it changes nothing that was measured.
            for (const PcrBank& bank : banks) {
                const bool is_same =
                    measured(*log, bank.algorithm) == measured(*whole, bank.algorithm) &&
                    log->startup_locality == whole->startup_locality;
                EXPECT_EQ(compare(*log, bank).empty(), is_same) << name << " " << round;
                ++(is_same ? accepted : complaints);
            }
        }
        EXPECT_GT(accepted, 0u) << name;
        EXPECT_GT(complaints, 100u) << name;
    }
}

TEST(Replay, AccountsForEveryBankOfARealGuest) {
    for (const char* name : {"tpm12_tis", "tpm20_crb"}) {
        const GuestReport report = sample_report(name);
        const auto log = parse_event_log(report.firmware_log.value->bytes);
        for (const PcrBank& bank : *report.pcr_banks.value)
            EXPECT_THAT(compare(*log, bank), IsEmpty()) << name << " " << bank.algorithm;
    }
}

TEST(Replay, NamesAnEventThatWasNotMeasured) {
    const EventLog log = four_events();
    const auto& events = log.events;
    EXPECT_EQ(explanation(log, {events[0].digests.at("sha1"), events[3].digests.at("sha1")}),
              "event 1 (EV_IPL, PCR 4, offset 0x2f) is in the log, but was not measured");
}

TEST(Replay, NamesTheFirstEventThatWasNotMeasured) {
    const EventLog log = four_events();
    EXPECT_EQ(explanation(log, {log.events[0].digests.at("sha1")}),
              "event 1 (EV_IPL, PCR 4, offset 0x2f) is in the log, but neither it nor what follows "
              "was measured");
}

TEST(Replay, NamesAnEventWhoseDigestWasChanged) {
    EventLog log = four_events();
    std::vector<Bytes> measured;
    for (const std::size_t at : {0, 1, 3})
        measured.push_back(log.events[at].digests.at("sha1"));
    log.events[3].digests.at("sha1")[7] ^= 1;
    EXPECT_EQ(explanation(log, measured),
              "the digest of event 3 (EV_SEPARATOR, PCR 4, offset 0x7e) was changed in the log");
}

TEST(Replay, SaysWhenNoSingleEventExplainsIt) {
    EXPECT_EQ(explanation(four_events(), {Bytes(20, 9)}),
              "no single event explains it; the last one is event 3 (EV_SEPARATOR, PCR 4, offset "
              "0x7e)");
}

TEST(Replay, NamesAPcrThatNoEventExplains) {
    const auto mismatches = compare(four_events(), {"sha1", {{7, Bytes(20, 1)}}});
    ASSERT_EQ(mismatches.size(), 1u);
    EXPECT_EQ(mismatches[0].event, "the log has no event for it, but something was measured");
}

TEST(Replay, LeavesTheOperatingSystemsPcrsAlone) {
    EXPECT_THAT(compare(four_events(), {"sha1", {{10, Bytes(20, 1)}}}), IsEmpty());
}

} // namespace
} // namespace vtpmlab
