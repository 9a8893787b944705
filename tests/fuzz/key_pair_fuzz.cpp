// A public key that a client brings, OpenSSH's or a certificate: it has a fingerprint of its kind's
// length, or it is none.

#include "cloud/key_pair.h"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace vtpmlab::cloud;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto md5 = ssh_fingerprint(text); md5 && md5->size() != 16 * 3 - 1)
        std::abort();
    if (const auto sha1 = x509_fingerprint(text); sha1 && sha1->size() != 20 * 3 - 1)
        std::abort();
    return 0;
}
