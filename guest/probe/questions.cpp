#include "probe/questions.h"

#include "probe/disk.h"
#include "probe/tpm.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

namespace vtpmlab::probe {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_random_bytes = 4096;
constexpr std::size_t report_random_bytes = 32;
constexpr std::size_t nonce_bytes = 32;
constexpr std::size_t max_blob_bytes = 4096;

std::string text_of(const Error& error) {
    return error.where.empty() ? error.message : error.where + ": " + error.message;
}

// {"value": …}, {"value": null} or {"unavailable": why}
template <typename T, typename ToJson>
Json observed(const Look<T>& look, ToJson to_json) {
    if (!look)
        return {{"unavailable", text_of(look.error())}};
    return {{"value", *look ? to_json(**look) : Json(nullptr)}};
}
template <typename T>
Json observed(const Look<T>& look) {
    return observed(look, [](const T& value) { return Json(value); });
}

std::string base64(const std::string& bytes) { return base64_encode(std::string_view{bytes}); }

// The TPM a question is put to: opened once for it, or known to be missing, or known to be broken.
class Subject {
public:
    explicit Subject(const Machine& machine) {
        const auto nodes = machine.device_nodes();
        // A node of another name ("/dev/tpm1") is still a TPM; its resource manager is not another.
        const auto is_chip = [](const std::string& node) {
            return !node.starts_with("/dev/tpmrm");
        };
        if (!nodes)
            error_ = nodes.error();
        else if (*nodes)
            if (const auto node = std::ranges::find_if(**nodes, is_chip); node != (*nodes)->end())
                open(machine.path_of(*node));
    }

    [[nodiscard]] Tpm* tpm() const { return tpm_.get(); }

    // Runs `question` on the TPM: its value, nothing without a TPM, or why not.
    template <typename Question>
    [[nodiscard]] auto ask(Question question) const
        -> Look<typename decltype(question(std::declval<Tpm&>()))::value_type> {
        if (error_)
            return fail(*error_);
        if (!tpm_)
            return std::nullopt;
        auto answer = question(*tpm_);
        if (!answer)
            return fail(std::move(answer).error());
        return std::move(*answer);
    }

private:
    void open(const std::string& node) {
        auto opened = open_tpm(node);
        if (opened)
            tpm_ = std::move(*opened);
        else
            error_ = std::move(opened).error();
    }

    std::unique_ptr<Tpm> tpm_;
    std::optional<Error> error_;
};

Json device_nodes(const Machine& machine, const Subject&) {
    return observed(machine.device_nodes());
}
Json driver(const Machine& machine, const Subject&) {
    return observed(machine.driver(), [](const Driver& bound) {
        return Json{{"bus", bound.bus}, {"driver", bound.name}, {"device", bound.device}};
    });
}
Json acpi(const Machine& machine, const Subject&) {
    return observed(machine.acpi(), [](const Acpi& found) {
        Json json{{"table", found.table}, {"device_ids", found.device_ids}};
        json["start_method"] = found.start_method ? Json(*found.start_method) : Json(nullptr);
        return json;
    });
}
Json interface_registers(const Machine& machine, const Subject&) {
    return observed(machine.interface_registers(), [](const InterfaceRegisters& registers) {
        return Json{{"interface_id", registers.interface_id}, {"device_id", registers.device_id}};
    });
}
Json sysfs_version_major(const Machine& machine, const Subject&) {
    return observed(machine.sysfs_version_major());
}
Json answered_version(const Machine&, const Subject& subject) {
    return observed(subject.ask(
        [](Tpm& tpm) -> Result<std::string> { return std::string(to_string(tpm.version())); }));
}
Json vendor(const Machine&, const Subject& subject) {
    return observed(subject.ask([](Tpm& tpm) { return tpm.vendor(); }), [&](const Vendor& vendor) {
        return Json{{"manufacturer", vendor.manufacturer},
                    {"description", vendor.description},
                    {"firmware", vendor.firmware},
                    {"may_write", SoftwareTpm::prove(*subject.tpm()).has_value()}};
    });
}
Json self_test(const Machine&, const Subject& subject) {
    return observed(subject.ask([](Tpm& tpm) -> Result<Json> {
        if (const Status passed = tpm.self_test(); !passed)
            return Json{{"passed", false}, {"text", text_of(passed.error())}};
        return Json{{"passed", true}, {"text", ""}};
    }));
}
Json random_bytes(const Subject& subject, std::size_t count) {
    return observed(subject.ask([=](Tpm& tpm) { return tpm.random(count); }),
                    [](const Bytes& bytes) { return Json(hex(bytes)); });
}
Json random(const Machine&, const Subject& subject) {
    return random_bytes(subject, report_random_bytes);
}
Json pcr_banks(const Machine&, const Subject& subject) {
    return observed(subject.ask([](Tpm& tpm) { return tpm.banks(); }),
                    [](const std::vector<Bank>& banks) {
                        Json json = Json::array();
                        for (const Bank& bank : banks) {
                            Json pcrs = Json::object();
                            for (const auto& [pcr, digest] : bank.pcrs)
                                pcrs[std::to_string(pcr)] = hex(digest);
                            json.push_back({{"algorithm", bank.algorithm}, {"pcrs", pcrs}});
                        }
                        return json;
                    });
}
Json endorsement_key(const Machine&, const Subject& subject) {
    return observed(subject.ask([](Tpm& tpm) { return tpm.endorsement_key(); }),
                    [](const PublicKey& key) {
                        return Json{{"modulus", hex(key.modulus)}, {"exponent", key.exponent}};
                    });
}
Json endorsement_certificate(const Machine&, const Subject& subject) {
    return observed(
        subject.ask([](Tpm& tpm) { return tpm.endorsement_certificate(); }),
        [](const Bytes& der) { return der.empty() ? Json(nullptr) : Json(base64_encode(der)); });
}
Json firmware_log(const Machine& machine, const Subject&) {
    return observed(machine.firmware_log(), [](const Log& log) {
        return Json{{"source", log.source}, {"bytes", base64(log.bytes)}};
    });
}

// Every part of a report is an op of its own, too.
struct Part {
    std::string_view name;
    Json (*look)(const Machine&, const Subject&);
};
constexpr std::array parts{
    Part{"device_nodes", device_nodes},
    Part{"driver", driver},
    Part{"acpi", acpi},
    Part{"interface_registers", interface_registers},
    Part{"sysfs_version_major", sysfs_version_major},
    Part{"answered_version", answered_version},
    Part{"vendor", vendor},
    Part{"self_test", self_test},
    Part{"random", random},
    Part{"pcr_banks", pcr_banks},
    Part{"endorsement_key", endorsement_key},
    Part{"endorsement_certificate", endorsement_certificate},
    Part{"firmware_log", firmware_log},
};

class Stopwatch {
public:
    [[nodiscard]] std::int64_t lap_us() {
        const auto now = std::chrono::steady_clock::now();
        return std::chrono::duration_cast<std::chrono::microseconds>(now -
                                                                     std::exchange(start_, now))
            .count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Json report(const Machine& machine) {
    Json report{{"kernel", machine.kernel()}};
    Json timings = Json::object();
    Stopwatch watch;
    const Subject subject(machine);
    timings["open"] = watch.lap_us();
    for (const Part& part : parts) {
        report[part.name] = part.look(machine, subject);
        timings[part.name] = watch.lap_us();
    }
    report["timings_us"] = std::move(timings);
    return report;
}

Json hello(const Machine& machine) {
    return {{"probe", "vtpm-probe"},
            {"protocol", 1},
            {"kernel", machine.kernel()},
            {"boot", machine.boot_id()}};
}

Json witness_json(Tpm& tpm, const WitnessBlobs& blobs) {
    const auto as_hex = [](const Bytes& bytes) { return Json(hex(bytes)); };
    const Witness now = tpm.witness(blobs);
    return {{"nv", observed(now.nv, as_hex)},
            {"boots", observed(now.boots)},
            {"persistent", observed(now.persistent, as_hex)},
            {"sealed", observed(now.sealed, as_hex)},
            {"sealed_to_pcrs", observed(now.sealed_to_pcrs, as_hex)},
            {"pcr", observed(now.pcr, as_hex)}};
}

Result<Bytes> bytes_of(const Json& request, const char* key, std::size_t most) {
    std::optional<Bytes> bytes;
    if (request.contains(key) && request[key].is_string() &&
        request[key].get_ref<const std::string&>().size() <= 2 * most)
        bytes = unhex(request[key].get<std::string>());
    if (!bytes)
        return fail(ErrorKind::usage, std::string(key) + " must be at most " +
                                          std::to_string(most) + " bytes in hex");
    return std::move(*bytes);
}

// {"witness": …} and what only the one who asked can keep.
Result<Json> plant_witness(const Machine& machine, const Json& request) {
    VTPMLAB_TRY(const Bytes nonce, bytes_of(request, "nonce", nonce_bytes));
    if (nonce.size() != nonce_bytes)
        return fail(ErrorKind::usage,
                    "the nonce must have " + std::to_string(nonce_bytes) + " bytes");
    const Subject subject(machine);
    auto planted = subject.ask([&](Tpm& tpm) -> Result<Json> {
        VTPMLAB_TRY(const SoftwareTpm permission, SoftwareTpm::prove(tpm));
        VTPMLAB_TRY(const WitnessBlobs blobs, tpm.plant_witness(permission, nonce));
        return Json{
            {"blobs",
             {{"sealed", hex(blobs.sealed)}, {"sealed_to_pcrs", hex(blobs.sealed_to_pcrs)}}},
            {"witness", witness_json(tpm, blobs)}};
    });
    if (!planted)
        return fail(std::move(planted).error());
    if (!*planted)
        return fail(ErrorKind::product, "there is no TPM to set a witness in");
    (**planted)["endorsement_key"] = endorsement_key(machine, subject);
    return std::move(**planted);
}

Result<Json> check_witness(const Machine& machine, const Json& request) {
    WitnessBlobs blobs;
    VTPMLAB_TRY(blobs.sealed, bytes_of(request, "sealed", max_blob_bytes));
    VTPMLAB_TRY(blobs.sealed_to_pcrs, bytes_of(request, "sealed_to_pcrs", max_blob_bytes));
    const Subject subject(machine);
    VTPMLAB_TRY(const auto found,
                subject.ask([&](Tpm& tpm) -> Result<Json> { return witness_json(tpm, blobs); }));
    return Json{{"witness", found ? *found : Json(nullptr)},
                {"endorsement_key", endorsement_key(machine, subject)}};
}

Json read_mark(const Machine& machine) {
    return {{"mark",
             observed(read_disk_mark(machine), [](const Bytes& mark) { return Json(hex(mark)); })}};
}

// And what a reader finds then.
Result<Json> write_mark(const Machine& machine, const Json& request) {
    constexpr auto size = witness_block::mark_size;
    VTPMLAB_TRY(const Bytes mark, bytes_of(request, "mark", size));
    if (mark.size() != size)
        return fail(ErrorKind::usage, "the mark must have " + std::to_string(size) + " bytes");
    VTPMLAB_CHECK(write_disk_mark(machine, mark));
    return read_mark(machine);
}

Result<Json> answer_op(const Machine& machine, const std::string& op, const Json& request) {
    if (op == "hello")
        return hello(machine);
    if (op == "power_off")
        return Json{{"powering_off", true}};
    if (op == "reboot")
        return Json{{"rebooting", true}};
    if (op == "report")
        return report(machine);
    if (op == "plant_witness")
        return plant_witness(machine, request);
    if (op == "check_witness")
        return check_witness(machine, request);
    if (op == "write_disk_mark")
        return write_mark(machine, request);
    if (op == "read_disk_mark")
        return read_mark(machine);
    if (op == "random" && request.contains("bytes")) {
        const Json& bytes = request["bytes"];
        if (!bytes.is_number_unsigned() || bytes.get<std::uint64_t>() > max_random_bytes)
            return fail(ErrorKind::usage,
                        "bytes must be a number from 0 to " + std::to_string(max_random_bytes));
        return random_bytes(Subject(machine), bytes.get<std::size_t>());
    }
    if (const auto part = std::ranges::find(parts, op, &Part::name); part != parts.end())
        return part->look(machine, Subject(machine));
    return fail(ErrorKind::usage, "unknown op '" + op.substr(0, 40) + "'");
}

// Text that came from a TPM or a file name need not be UTF-8.
std::string dump(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

} // namespace

std::optional<Answer> Questions::answer(std::string_view request) const {
    const Json json = Json::parse(request, nullptr, false);
    if (!json.is_object() || !json.contains("id") || !json["id"].is_number_unsigned() ||
        !json.contains("op") || !json["op"].is_string())
        return std::nullopt;
    const auto op = json["op"].get<std::string>();
    Json answer{{"id", json["id"]}};
    auto result = answer_op(machine_, op, json);
    answer["ok"] = result.has_value();
    if (result)
        answer["result"] = std::move(*result);
    else
        answer["error"] = text_of(result.error());
    return Answer{dump(answer), op == "power_off" ? AfterAnswer::power_off
                                : op == "reboot"  ? AfterAnswer::reboot
                                                  : AfterAnswer::go_on};
}

Status Questions::count_boot() const {
    // A TPM 1.2 counts nothing, and opening it costs a second.
    if (const auto major = machine_.sysfs_version_major(); major && *major == 1u)
        return {};
    const Subject subject(machine_);
    auto counted = subject.ask([](Tpm& tpm) -> Result<bool> {
        VTPMLAB_TRY(const SoftwareTpm permission, SoftwareTpm::prove(tpm));
        VTPMLAB_CHECK(tpm.count_boot(permission));
        return true;
    });
    if (!counted)
        return fail(std::move(counted).error());
    return {};
}

std::string Questions::greeting() const {
    return dump({{"id", 0}, {"ok", true}, {"result", hello(machine_)}});
}

} // namespace vtpmlab::probe
