#include "hypervisor/libvirt/vir_error.h"

#include <fmt/format.h>
#include <libvirt/virterror.h>

namespace vtpmlab::vir {
namespace {

// The codes scenarios and people meet; the number stands beside every one of them anyway.
std::string_view name_of(int code) {
    switch (code) {
    case VIR_ERR_INTERNAL_ERROR:
        return "VIR_ERR_INTERNAL_ERROR";
    case VIR_ERR_NO_DOMAIN:
        return "VIR_ERR_NO_DOMAIN";
    case VIR_ERR_OPERATION_FAILED:
        return "VIR_ERR_OPERATION_FAILED";
    case VIR_ERR_OPERATION_INVALID:
        return "VIR_ERR_OPERATION_INVALID";
    case VIR_ERR_OPERATION_TIMEOUT:
        return "VIR_ERR_OPERATION_TIMEOUT";
    case VIR_ERR_NO_SECRET:
        return "VIR_ERR_NO_SECRET";
    case VIR_ERR_INVALID_SECRET:
        return "VIR_ERR_INVALID_SECRET";
    case VIR_ERR_CONFIG_UNSUPPORTED:
        return "VIR_ERR_CONFIG_UNSUPPORTED";
    case VIR_ERR_XML_ERROR:
        return "VIR_ERR_XML_ERROR";
    case VIR_ERR_SYSTEM_ERROR:
        return "VIR_ERR_SYSTEM_ERROR";
    case VIR_ERR_NO_CONNECT:
        return "VIR_ERR_NO_CONNECT";
    case VIR_ERR_RPC:
        return "VIR_ERR_RPC";
    default:
        return "libvirt error";
    }
}

// The connection is at fault, not the request.
bool is_unreachable(const virError& error) {
    return error.code == VIR_ERR_RPC || error.code == VIR_ERR_NO_CONNECT ||
           error.code == VIR_ERR_AUTH_FAILED || error.domain == VIR_FROM_RPC ||
           error.domain == VIR_FROM_REMOTE;
}

} // namespace

Error last_error(std::string_view call, std::string_view host) {
    Error error;
    error.where = fmt::format("{} on {}", call, host);
    const virError* last = virGetLastError();
    if (last == nullptr || last->message == nullptr) {
        error.kind = ErrorKind::lab;
        error.message = "libvirt failed without saying why";
        return error;
    }
    error.kind = is_unreachable(*last) ? ErrorKind::lab : ErrorKind::product;
    error.message = fmt::format("{} ({}, {})", last->message, name_of(last->code), last->code);
    if (is_unreachable(*last))
        error.hint = "the host's libvirtd died or hangs: read its libvirtd.log";
    else if (last->code == VIR_ERR_NO_SECRET)
        error.hint = "the libvirt secret of an encrypted TPM must exist whenever its swtpm starts";
    return error;
}

int last_code() { return virGetLastErrorCode(); }

void silence_standard_error() {
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
}

} // namespace vtpmlab::vir
