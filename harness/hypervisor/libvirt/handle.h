#pragma once
// Ownership of libvirt's objects: a unique_ptr the size of a pointer, whose deleter is libvirt's
// own free function. Move-only; an empty handle exists only after a move.

#include <libvirt/libvirt.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace vtpmlab::vir {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

template <typename T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

using ConnectHandle = Handle<virConnect, &virConnectClose>;
using DomainHandle = Handle<virDomain, &virDomainFree>;
using SecretHandle = Handle<virSecret, &virSecretFree>;
// A text libvirt gave away.
using CString = Handle<char, &std::free>;

} // namespace vtpmlab::vir
