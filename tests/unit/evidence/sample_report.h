#pragma once
// Reports of real micro guests, written down with
//     vtpm-probe-client PROBE_SOCKET data/tpm20_crb.json
// from QEMU 7.2 and swtpm 0.7.1; the 2.0 with swtpm_setup --pcr-banks sha1,sha256.

#include "evidence/guest_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace vtpmlab::test {

inline nlohmann::json sample_json(const std::string& name) {
    std::ifstream file(VTPMLAB_TEST_DATA "/" + name + ".json");
    return nlohmann::json::parse(file);
}

inline GuestReport sample_report(const std::string& name) {
    auto report = parse_report(sample_json(name));
    EXPECT_TRUE(report) << report.error().message;
    return *report;
}

// A guest without a TPM, as a micro guest reports it.
inline GuestReport empty_report() {
    GuestReport report;
    report.kernel = "6.1.0";
    report.interface_registers.value = InterfaceRegisters{0, 0};
    return report;
}

} // namespace vtpmlab::test
