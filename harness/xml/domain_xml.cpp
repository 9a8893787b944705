#include "xml/domain_xml.h"

#include "xml/tree.h"

#include <fmt/format.h>

#include <iterator>

namespace vtpmlab::xml {
namespace {

void add_os(pugi::xml_node domain, const DomainSpec& spec, const DomainPlatform& platform) {
    auto os = domain.append_child("os");
    auto type = add_text(os, "type", "hvm");
    set(type, "arch", "x86_64");
    set(type, "machine", platform.machine);
    if (spec.boot) {
        add_text(os, "kernel", spec.boot->kernel.string());
        add_text(os, "initrd", spec.boot->initrd.string());
        add_text(os, "cmdline", spec.boot->command_line);
    } else {
        set(os.append_child("boot"), "dev", "hd");
    }
}

void add_disk(pugi::xml_node devices, const DomainSpec& spec) {
    if (!spec.disk)
        return;
    auto disk = devices.append_child("disk");
    set(disk, "type", "file");
    set(disk, "device", "disk");
    auto driver = disk.append_child("driver");
    set(driver, "name", "qemu");
    set(driver, "type", "raw");
    set(disk.append_child("source"), "file", spec.disk->string());
    auto target = disk.append_child("target");
    set(target, "dev", "vda");
    set(target, "bus", "virtio");
}

void add_serial_ports(pugi::xml_node devices, const DomainSpec& spec) {
    auto console = devices.append_child("serial");
    set(console, "type", "file");
    auto file = console.append_child("source");
    set(file, "path", spec.console_log.string());
    set(file, "append", "on");
    set(console.append_child("target"), "port", "0");

    auto probe = devices.append_child("serial");
    set(probe, "type", "unix");
    auto socket = probe.append_child("source");
    set(socket, "mode", "bind");
    set(socket, "path", spec.probe_socket.string());
    set(probe.append_child("target"), "port", "1");
}

void add_tpm(pugi::xml_node devices, const DomainTpm& tpm) {
    auto node = devices.append_child("tpm");
    set(node, "model", to_string(tpm.device.model));
    auto backend = node.append_child("backend");
    set(backend, "type", "emulator");
    set(backend, "version", to_string(tpm.device.version));
    set(backend.append_child("encryption"), "secret", tpm.secret_uuid);
}

} // namespace

std::string domain_xml(const DomainSpec& spec, const DomainPlatform& platform) {
    pugi::xml_document document;
    auto domain = document.append_child("domain");
    set(domain, "type", platform.accelerator == "kvm" ? "kvm" : "qemu");
    add_text(domain, "uuid", spec.uuid);
    add_text(domain, "name", spec.name);
    if (!spec.display_name.empty())
        add_text(domain, "title", spec.display_name);
    set(add_text(domain, "memory", fmt::format("{}", spec.memory_mib)), "unit", "MiB");
    add_text(domain, "vcpu", fmt::format("{}", spec.vcpus));
    add_os(domain, spec, platform);
    // Without ACPI there is no TPM2 or TCPA table, and a guest finds no TPM.
    domain.append_child("features").append_child("acpi");
    set(domain.append_child("clock"), "offset", "utc");
    add_text(domain, "on_poweroff", "destroy");
    add_text(domain, "on_reboot", "restart");
    add_text(domain, "on_crash", "destroy");

    auto devices = domain.append_child("devices");
    add_disk(devices, spec);
    auto usb = devices.append_child("controller");
    set(usb, "type", "usb");
    set(usb, "model", "none");
    add_serial_ports(devices, spec);
    if (spec.tpm)
        add_tpm(devices, *spec.tpm);
    set(devices.append_child("memballoon"), "model", "none");
    return to_text(document);
}

Result<std::string> move_domain_xml(std::string_view live, const DomainSpec& spec) {
    VTPMLAB_TRY(auto document, parse(live, "domain", "the domain's XML"));
    auto domain = document.document_element();
    const std::string_view uuid = domain.child("uuid").text().get();
    if (uuid != spec.uuid)
        return fail(ErrorKind::lab,
                    fmt::format("the domain to move is {}, not {}", uuid, spec.uuid));
    auto os = domain.child("os");
    if (os.child("kernel").empty() == spec.boot.has_value())
        return fail(ErrorKind::lab, fmt::format("the domain {} boots in another way", uuid));
    if (spec.boot) {
        os.child("kernel").text().set(spec.boot->kernel.c_str());
        os.child("initrd").text().set(spec.boot->initrd.c_str());
    }
    auto devices = domain.child("devices");
    auto disk = devices.child("disk");
    if (disk.empty() == spec.disk.has_value())
        return fail(ErrorKind::lab, fmt::format("the domain {} has other disks", uuid));
    if (spec.disk)
        disk.child("source").attribute("file").set_value(spec.disk->c_str());
    // libvirt shows the first serial port a second time, as <console>.
    for (auto port : devices.children()) {
        const std::string_view name = port.name();
        if (name != "serial" && name != "console")
            continue;
        const bool is_console = std::string_view(port.attribute("type").value()) == "file";
        port.child("source").attribute("path").set_value(is_console ? spec.console_log.c_str()
                                                                    : spec.probe_socket.c_str());
    }
    return to_text(document);
}

std::string copied_disk_xml(const std::filesystem::path& file) {
    pugi::xml_document document;
    auto disk = document.append_child("disk");
    set(disk, "type", "file");
    set(disk.append_child("source"), "file", file.string());
    set(disk.append_child("driver"), "type", "raw");
    return to_text(document);
}

Result<std::optional<DomainTpm>> parse_domain_tpm(std::string_view text) {
    VTPMLAB_TRY(const auto document, parse(text, "domain", "the domain's XML"));
    const auto devices = document.document_element().child("devices").children("tpm");
    const auto count = std::distance(devices.begin(), devices.end());
    if (count == 0)
        return std::optional<DomainTpm>();
    if (count > 1)
        return fail(ErrorKind::product, fmt::format("the domain has {} TPMs, expected one", count));
    const auto node = *devices.begin();
    const auto backend = node.child("backend");
    if (std::string_view(backend.attribute("type").value()) != "emulator")
        return fail(ErrorKind::product,
                    fmt::format("the domain's TPM backend is '{}', expected 'emulator'",
                                backend.attribute("type").value()));
    const auto model = parse_tpm_model(node.attribute("model").value());
    const auto version = parse_tpm_version(backend.attribute("version").value());
    if (!model || !version)
        return fail(ErrorKind::product, fmt::format("the domain's TPM is model '{}', version '{}'",
                                                    node.attribute("model").value(),
                                                    backend.attribute("version").value()));
    const std::string secret = backend.child("encryption").attribute("secret").value();
    if (secret.empty())
        return fail(ErrorKind::product, "the domain's TPM state is not encrypted");
    return std::optional<DomainTpm>(DomainTpm{{*version, *model}, secret});
}

} // namespace vtpmlab::xml
