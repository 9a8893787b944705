#include "xml/domain_capabilities.h"

#include "xml/tree.h"

#include <vector>

namespace vtpmlab::xml {
namespace {

std::vector<std::string_view> enum_values(pugi::xml_node parent, const char* name) {
    std::vector<std::string_view> values;
    const auto node = parent.find_child_by_attribute("enum", "name", name);
    for (const auto& value : node.children("value"))
        values.emplace_back(value.child_value());
    return values;
}

} // namespace

Result<DomainCapabilities> parse_domain_capabilities(std::string_view text) {
    VTPMLAB_TRY(const auto document,
                parse(text, "domainCapabilities", "the domain capabilities' XML"));
    const auto root = document.document_element();
    DomainCapabilities capabilities;
    capabilities.machine = root.child_value("machine");
    const auto tpm = root.child("devices").child("tpm");
    if (std::string_view(tpm.attribute("supported").value()) != "yes")
        return capabilities;
    for (const auto backend : enum_values(tpm, "backendModel"))
        capabilities.supports_emulated_tpm |= backend == "emulator";
    for (const auto value : enum_values(tpm, "model"))
        if (const auto model = parse_tpm_model(value))
            capabilities.tpm_models.insert(*model);
    for (const auto value : enum_values(tpm, "backendVersion"))
        if (const auto version = parse_tpm_version(value))
            capabilities.tpm_versions.insert(*version);
    return capabilities;
}

} // namespace vtpmlab::xml
