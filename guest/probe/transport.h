#pragma once
// One command to the TPM, one answer from it, as bytes. The TPM may be any version, or nonsense.

#include <vtpmlab/result.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

// tpm2-tss's transport handle; its headers stay in two .cpp files.
typedef struct TSS2_TCTI_OPAQUE_CONTEXT_BLOB TSS2_TCTI_CONTEXT;

namespace vtpmlab::probe {

using Bytes = std::vector<unsigned char>;

class Transport {
public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    [[nodiscard]] virtual Result<Bytes> transmit(std::span<const unsigned char> command) = 0;
};

// A character device of the kernel, through tpm2-tss's device TCTI.
class DeviceTransport final : public Transport {
public:
    [[nodiscard]] static Result<std::unique_ptr<DeviceTransport>> open(const std::string& device);
    ~DeviceTransport() override;

    [[nodiscard]] Result<Bytes> transmit(std::span<const unsigned char> command) override;

    // For ESYS, which brings its own commands.
    [[nodiscard]] TSS2_TCTI_CONTEXT* tcti() const;

private:
    class Context;
    explicit DeviceTransport(std::unique_ptr<Context> context);
    std::unique_ptr<Context> context_;
};

} // namespace vtpmlab::probe
