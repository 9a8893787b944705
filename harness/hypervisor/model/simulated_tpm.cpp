#include "hypervisor/model/simulated_tpm.h"

#include <vtpmlab/encoding.h>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>

namespace vtpmlab::model {
namespace {

std::string digest_of(const std::string& identity, const SecretValue& passphrase) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned size = 0;
    const auto bytes = passphrase.bytes();
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), identity.data(), identity.size()) != 1 ||
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), value.data(), &size) != 1)
        return {}; // out of memory: then nothing opens it
    return hex(std::span(value).first(size));
}

} // namespace

SimulatedTpm make_tpm(TpmVersion version, const SecretValue& passphrase) {
    SimulatedTpm tpm;
    tpm.version = version;
    tpm.identity = random_uuid();
    tpm.passphrase_digest = digest_of(tpm.identity, passphrase);
    return tpm;
}

bool opens_with(const SimulatedTpm& tpm, const SecretValue& passphrase) {
    return !tpm.passphrase_digest.empty() &&
           tpm.passphrase_digest == digest_of(tpm.identity, passphrase);
}

std::string to_text(const SimulatedTpm& tpm) {
    const nlohmann::json json{{"model of a TPM", std::string(to_string(tpm.version))},
                              {"identity", tpm.identity},
                              {"passphrase digest", tpm.passphrase_digest},
                              {"boots", tpm.boots},
                              {"nv", tpm.nv}};
    return json.dump(1) + '\n';
}

Result<SimulatedTpm> parse_simulated_tpm(std::string_view text) {
    try {
        const auto json = nlohmann::json::parse(text);
        SimulatedTpm tpm;
        const auto version = parse_tpm_version(json.at("model of a TPM").get<std::string>());
        if (!version)
            return fail(ErrorKind::product, "the state of a simulated TPM has no known version");
        tpm.version = *version;
        json.at("identity").get_to(tpm.identity);
        json.at("passphrase digest").get_to(tpm.passphrase_digest);
        json.at("boots").get_to(tpm.boots);
        json.at("nv").get_to(tpm.nv);
        return tpm;
    } catch (const nlohmann::json::exception& exception) {
        return fail(ErrorKind::product,
                    std::string("this is no state of a simulated TPM: ") + exception.what());
    }
}

} // namespace vtpmlab::model
