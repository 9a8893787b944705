#pragma once
// Which accelerator guests can really use here. /dev/kvm may be there, open and create a VM, and
// still hang an ordinary guest for ever; so KVM counts only after guests have really run under it
// within a deadline. The answer is remembered for this boot of the machine and this QEMU.

#include <vtpmlab/result.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace vtpmlab::machine {

struct Accelerator {
    std::string name; // "kvm" or "tcg", as QEMU spells them
    std::string why;  // one line for people
    friend bool operator==(const Accelerator&, const Accelerator&) = default;
};

struct AcceleratorCheck {
    std::filesystem::path qemu{}; // empty: qemu-system-x86_64 of PATH
    std::filesystem::path device = "/dev/kvm";
    // Booted after the tiny guest has run, until its kernel speaks; empty: the tiny guest must do.
    std::filesystem::path kernel{};
    std::filesystem::path cache{}; // file of the remembered answer; empty: nothing is remembered
    std::chrono::milliseconds tiny_deadline{3000};    // software emulation needs 150 ms
    std::chrono::milliseconds kernel_deadline{15000}; // software emulation needs 2 s
};

// $XDG_CACHE_HOME/vtpmlab/accelerator.json, or the same under ~/.cache; empty without a home.
[[nodiscard]] std::filesystem::path default_accelerator_cache();

// Never fails: whatever goes wrong with KVM is the reason for "tcg".
[[nodiscard]] Accelerator usable_accelerator(const AcceleratorCheck& check);

} // namespace vtpmlab::machine
