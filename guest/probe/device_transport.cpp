#include "probe/transport.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tcti_device.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace vtpmlab::probe {
namespace {

// Making an RSA key is the longest thing asked for; a TPM silent for that long is not there.
constexpr std::int32_t answer_timeout_ms = 60'000;
constexpr std::size_t max_answer_bytes = 4096;

Result<void> check(TSS2_RC rc, const std::string& where) {
    if (rc == TSS2_RC_SUCCESS)
        return {};
    return fail(ErrorKind::product, Tss2_RC_Decode(rc), where);
}

} // namespace

// The storage is the caller's, by the TCTI specification; aligned for the structure that begins it.
class DeviceTransport::Context {
public:
    explicit Context(std::size_t size)
        : storage_((size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t)) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() {
        if (is_open_)
            Tss2_Tcti_Finalize(get());
    }

    [[nodiscard]] TSS2_TCTI_CONTEXT* get() {
        return reinterpret_cast<TSS2_TCTI_CONTEXT*>(storage_.data());
    }
    void opened() { is_open_ = true; }

private:
    std::vector<std::max_align_t> storage_;
    bool is_open_ = false;
};

DeviceTransport::DeviceTransport(std::unique_ptr<Context> context) : context_(std::move(context)) {}
DeviceTransport::~DeviceTransport() = default;

Result<std::unique_ptr<DeviceTransport>> DeviceTransport::open(const std::string& device) {
    std::size_t size = 0;
    VTPMLAB_CHECK(check(Tss2_Tcti_Device_Init(nullptr, &size, nullptr), "tcti-device"));
    auto context = std::make_unique<Context>(size);
    VTPMLAB_CHECK(check(Tss2_Tcti_Device_Init(context->get(), &size, device.c_str()), device));
    context->opened();
    return std::unique_ptr<DeviceTransport>(new DeviceTransport(std::move(context)));
}

Result<Bytes> DeviceTransport::transmit(std::span<const unsigned char> command) {
    VTPMLAB_CHECK(
        check(Tss2_Tcti_Transmit(context_->get(), command.size(), command.data()), "transmit"));
    Bytes answer(max_answer_bytes);
    std::size_t size = answer.size();
    VTPMLAB_CHECK(check(Tss2_Tcti_Receive(context_->get(), &size, answer.data(), answer_timeout_ms),
                        "receive"));
    answer.resize(size);
    return answer;
}

TSS2_TCTI_CONTEXT* DeviceTransport::tcti() const { return context_->get(); }

} // namespace vtpmlab::probe
