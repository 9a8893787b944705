#pragma once
// tpm2-tss's ESYS as owned things with errors. For the two .cpp files that speak TPM 2.0.

#include "probe/transport.h"

#include <vtpmlab/result.h>

#include <tss2/tss2_esys.h>
#include <tss2/tss2_rc.h>

#include <memory>
#include <utility>

namespace vtpmlab::probe {

inline Status check(TSS2_RC rc, const char* where) {
    if (rc == TSS2_RC_SUCCESS)
        return {};
    return fail(ErrorKind::product, Tss2_RC_Decode(rc), where);
}

template <typename T>
struct EsysFree {
    void operator()(T* value) const noexcept { Esys_Free(value); }
};
template <typename T>
using Owned = std::unique_ptr<T, EsysFree<T>>;

class EsysContext {
public:
    [[nodiscard]] static Result<EsysContext> open(std::unique_ptr<DeviceTransport> transport) {
        ESYS_CONTEXT* context = nullptr;
        VTPMLAB_CHECK(check(Esys_Initialize(&context, transport->tcti(), nullptr), "ESYS"));
        return EsysContext(std::move(transport), context);
    }
    [[nodiscard]] ESYS_CONTEXT* get() const { return context_.get(); }

private:
    struct Finalize {
        void operator()(ESYS_CONTEXT* context) const noexcept { Esys_Finalize(&context); }
    };
    EsysContext(std::unique_ptr<DeviceTransport> transport, ESYS_CONTEXT* context)
        : transport_(std::move(transport)), context_(context) {}

    std::unique_ptr<DeviceTransport> transport_; // outlives the context
    std::unique_ptr<ESYS_CONTEXT, Finalize> context_;
};

// An object or session in the TPM's few slots, flushed when it goes.
class TransientObject {
public:
    TransientObject(const EsysContext& esys, ESYS_TR handle) : esys_(&esys), handle_(handle) {}
    TransientObject(const TransientObject&) = delete;
    TransientObject& operator=(const TransientObject&) = delete;
    ~TransientObject() { Esys_FlushContext(esys_->get(), handle_); }
    [[nodiscard]] ESYS_TR handle() const { return handle_; }

private:
    const EsysContext* esys_;
    ESYS_TR handle_;
};

} // namespace vtpmlab::probe
