#include "evidence/guest_report.h"

#include "evidence/digest.h"
#include "evidence/endorsement.h"
#include "evidence/hostile_json.h"

#include <vtpmlab/encoding.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace vtpmlab {
namespace {

using nlohmann::json;

constexpr std::size_t max_certificate_bytes = 8192;
constexpr std::size_t max_log_bytes = std::size_t{128} << 10;
constexpr unsigned max_pcrs = 64;

Result<std::vector<std::string>> parse_texts(const HostileJson& value) {
    VTPMLAB_CHECK(value.array(16));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < value.raw().size(); ++i) {
        VTPMLAB_TRY(std::string text, value.element(i).text(64));
        texts.push_back(std::move(text));
    }
    return texts;
}

Result<BoundDriver> parse_driver(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"bus", "driver", "device"}));
    BoundDriver driver;
    VTPMLAB_TRY(driver.bus, value.member("bus").text(64));
    VTPMLAB_TRY(driver.driver, value.member("driver").text(64));
    VTPMLAB_TRY(driver.device, value.member("device").text(64));
    return driver;
}

Result<AcpiTpm> parse_acpi(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"table", "start_method", "device_ids"}));
    AcpiTpm acpi;
    VTPMLAB_TRY(acpi.table, value.member("table").text(16));
    VTPMLAB_TRY(acpi.device_ids, parse_texts(value.member("device_ids")));
    if (const auto method = value.member("start_method"); !method.raw().is_null()) {
        VTPMLAB_TRY(const std::uint64_t number, method.number(0xffffffff));
        acpi.start_method = static_cast<std::uint32_t>(number);
    }
    return acpi;
}

Result<InterfaceRegisters> parse_registers(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"interface_id", "device_id"}));
    VTPMLAB_TRY(const auto interface_id, value.member("interface_id").number(0xffffffff));
    VTPMLAB_TRY(const auto device_id, value.member("device_id").number(0xffffffff));
    return InterfaceRegisters{static_cast<std::uint32_t>(interface_id),
                              static_cast<std::uint32_t>(device_id)};
}

Result<unsigned> parse_major(const HostileJson& value) {
    VTPMLAB_TRY(const std::uint64_t major, value.number(255));
    return static_cast<unsigned>(major);
}

Result<TpmVersion> parse_version(const HostileJson& value) {
    VTPMLAB_TRY(const std::string text, value.text());
    if (const auto version = parse_tpm_version(text))
        return *version;
    return value.wrong("'1.2' or '2.0'");
}

Result<Vendor> parse_vendor(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"manufacturer", "description", "firmware", "may_write"}));
    Vendor vendor;
    VTPMLAB_TRY(vendor.manufacturer, value.member("manufacturer").text(16));
    VTPMLAB_TRY(vendor.description, value.member("description").text(32));
    VTPMLAB_TRY(vendor.firmware, value.member("firmware").text(32));
    VTPMLAB_TRY(vendor.may_write, value.member("may_write").boolean());
    return vendor;
}

Result<SelfTest> parse_self_test(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"passed", "text"}));
    SelfTest test;
    VTPMLAB_TRY(test.passed, value.member("passed").boolean());
    VTPMLAB_TRY(test.text, value.member("text").text(512));
    return test;
}

Result<Bytes> parse_random(const HostileJson& value) { return value.hex_bytes(1, 4096); }

Result<PcrBank> parse_bank(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"algorithm", "pcrs"}));
    PcrBank bank;
    VTPMLAB_TRY(bank.algorithm, value.member("algorithm").text(16));
    const HostileJson pcrs = value.member("pcrs");
    if (!pcrs.raw().is_object() || pcrs.raw().size() > max_pcrs)
        return pcrs.wrong("an object of at most 64 PCRs");
    const auto size = digest_size(bank.algorithm);
    for (const auto& [key, unused] : pcrs.raw().items()) {
        unsigned pcr = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), pcr);
        // As it would be written again, so that no PCR can be there twice.
        if (error != std::errc{} || pcr >= max_pcrs || std::to_string(pcr) != key)
            return pcrs.wrong("the number of a PCR for a key");
        VTPMLAB_TRY(Bytes value_of,
                    pcrs.member(key).hex_bytes(size.value_or(1), size.value_or(64)));
        bank.pcrs.emplace(pcr, std::move(value_of));
    }
    return bank;
}

Result<std::vector<PcrBank>> parse_banks(const HostileJson& value) {
    VTPMLAB_CHECK(value.array(16));
    std::vector<PcrBank> banks;
    for (std::size_t i = 0; i < value.raw().size(); ++i) {
        VTPMLAB_TRY(PcrBank bank, parse_bank(value.element(i)));
        if (std::ranges::find(banks, bank.algorithm, &PcrBank::algorithm) != banks.end())
            return value.element(i).member("algorithm").wrong("every bank once");
        banks.push_back(std::move(bank));
    }
    return banks;
}

Result<Bytes> parse_certificate(const HostileJson& value) {
    return value.base64_bytes(max_certificate_bytes);
}

Result<FirmwareLog> parse_log(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"source", "bytes"}));
    FirmwareLog log;
    VTPMLAB_TRY(log.source, value.member("source").text(64));
    VTPMLAB_TRY(log.bytes, value.member("bytes").base64_bytes(max_log_bytes));
    return log;
}

template <typename T, typename ToJson>
json observed_json(const Observed<T>& observed, ToJson to_json_of) {
    if (!observed.was_looked_at())
        return {{"unavailable", observed.unavailable}};
    return {{"value", observed.value ? json(to_json_of(*observed.value)) : json()}};
}

} // namespace

Result<EndorsementKey> parse_endorsement_key(const HostileJson& value) {
    VTPMLAB_CHECK(value.object({"modulus", "exponent"}, {"fingerprint"}));
    EndorsementKey key;
    VTPMLAB_TRY(key.modulus, value.member("modulus").hex_bytes(128, 512));
    VTPMLAB_TRY(const std::uint64_t exponent, value.member("exponent").number(0xffffffff));
    if (exponent < 3 || exponent % 2 == 0)
        return value.member("exponent").wrong("an odd number from 3");
    key.exponent = static_cast<std::uint32_t>(exponent);
    VTPMLAB_TRY(key.fingerprint, key_fingerprint(key.modulus, key.exponent));
    return key;
}

Result<GuestReport> take_report(GuestChannel& channel, GuestChannel::Deadline deadline) {
    VTPMLAB_TRY(const json answer, channel.request("report", json::object(), deadline));
    return parse_report(answer);
}

Result<GuestReport> parse_report(const json& answer) {
    const HostileJson root(answer);
    VTPMLAB_CHECK(root.object({"kernel", "device_nodes", "driver", "acpi", "interface_registers",
                               "sysfs_version_major", "answered_version", "vendor", "self_test",
                               "random", "pcr_banks", "endorsement_key", "endorsement_certificate",
                               "firmware_log", "timings_us"}));
    GuestReport report;
    VTPMLAB_TRY(report.kernel, root.member("kernel").text());
    const auto observe = [&](std::string_view key, auto& into, auto parse) -> Status {
        using Value = typename std::decay_t<decltype(into.value)>::value_type;
        VTPMLAB_TRY(into, root.member(key).observed<Value>(parse));
        return {};
    };
    VTPMLAB_CHECK(observe("device_nodes", report.device_nodes, parse_texts));
    VTPMLAB_CHECK(observe("driver", report.driver, parse_driver));
    VTPMLAB_CHECK(observe("acpi", report.acpi, parse_acpi));
    VTPMLAB_CHECK(observe("interface_registers", report.interface_registers, parse_registers));
    VTPMLAB_CHECK(observe("sysfs_version_major", report.sysfs_version_major, parse_major));
    VTPMLAB_CHECK(observe("answered_version", report.answered_version, parse_version));
    VTPMLAB_CHECK(observe("vendor", report.vendor, parse_vendor));
    VTPMLAB_CHECK(observe("self_test", report.self_test, parse_self_test));
    VTPMLAB_CHECK(observe("random", report.random, parse_random));
    VTPMLAB_CHECK(observe("pcr_banks", report.pcr_banks, parse_banks));
    VTPMLAB_CHECK(observe("endorsement_key", report.endorsement_key, parse_endorsement_key));
    VTPMLAB_CHECK(
        observe("endorsement_certificate", report.endorsement_certificate, parse_certificate));
    VTPMLAB_CHECK(observe("firmware_log", report.firmware_log, parse_log));

    const HostileJson timings = root.member("timings_us");
    VTPMLAB_CHECK(timings.object(
        {}, {"open", "device_nodes", "driver", "acpi", "interface_registers", "sysfs_version_major",
             "answered_version", "vendor", "self_test", "random", "pcr_banks", "endorsement_key",
             "endorsement_certificate", "firmware_log"}));
    for (const auto& [name, unused] : timings.raw().items()) {
        VTPMLAB_TRY(const std::uint64_t time, timings.member(name).number(3'600'000'000));
        report.timings.emplace_back(name, time);
    }
    return report;
}

json to_json(const GuestReport& report) {
    const auto as_is = [](const auto& value) { return json(value); };
    const auto in_hex = [](const Bytes& bytes) { return json(hex(bytes)); };
    const auto in_base64 = [](const Bytes& bytes) { return json(base64_encode(bytes)); };
    json timings = json::object();
    for (const auto& [name, time] : report.timings)
        timings[name] = time.count();
    return {
        {"kernel", report.kernel},
        {"device_nodes", observed_json(report.device_nodes, as_is)},
        {"driver", observed_json(report.driver,
                                 [](const BoundDriver& driver) {
                                     return json{{"bus", driver.bus},
                                                 {"driver", driver.driver},
                                                 {"device", driver.device}};
                                 })},
        {"acpi", observed_json(report.acpi,
                               [](const AcpiTpm& acpi) {
                                   return json{{"table", acpi.table},
                                               {"start_method", acpi.start_method
                                                                    ? json(*acpi.start_method)
                                                                    : json()},
                                               {"device_ids", acpi.device_ids}};
                               })},
        {"interface_registers", observed_json(report.interface_registers,
                                              [](const InterfaceRegisters& registers) {
                                                  return json{
                                                      {"interface_id", registers.interface_id},
                                                      {"device_id", registers.device_id}};
                                              })},
        {"sysfs_version_major", observed_json(report.sysfs_version_major, as_is)},
        {"answered_version",
         observed_json(report.answered_version,
                       [](TpmVersion version) { return json(to_string(version)); })},
        {"vendor", observed_json(report.vendor,
                                 [](const Vendor& vendor) {
                                     return json{{"manufacturer", vendor.manufacturer},
                                                 {"description", vendor.description},
                                                 {"firmware", vendor.firmware},
                                                 {"may_write", vendor.may_write}};
                                 })},
        {"self_test", observed_json(report.self_test,
                                    [](const SelfTest& test) {
                                        return json{{"passed", test.passed}, {"text", test.text}};
                                    })},
        {"random", observed_json(report.random, in_hex)},
        {"pcr_banks",
         observed_json(
             report.pcr_banks,
             [](const std::vector<PcrBank>& banks) {
                 json all = json::array();
                 for (const PcrBank& bank : banks) {
                     json pcrs = json::object();
                     for (const auto& [pcr, value] : bank.pcrs)
                         pcrs[std::to_string(pcr)] = hex(value);
                     all.push_back({{"algorithm", bank.algorithm}, {"pcrs", std::move(pcrs)}});
                 }
                 return all;
             })},
        {"endorsement_key", observed_json(report.endorsement_key,
                                          [](const EndorsementKey& key) {
                                              return json{{"modulus", hex(key.modulus)},
                                                          {"exponent", key.exponent},
                                                          {"fingerprint", key.fingerprint}};
                                          })},
        {"endorsement_certificate", observed_json(report.endorsement_certificate, in_base64)},
        {"firmware_log",
         observed_json(report.firmware_log,
                       [](const FirmwareLog& log) {
                           return json{{"source", log.source}, {"bytes", base64_encode(log.bytes)}};
                       })},
        {"timings_us", std::move(timings)},
    };
}

} // namespace vtpmlab
