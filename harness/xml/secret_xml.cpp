#include "xml/secret_xml.h"

#include "xml/tree.h"

namespace vtpmlab::xml {

std::string secret_xml(const SecretSpec& spec) {
    pugi::xml_document document;
    auto secret = document.append_child("secret");
    set(secret, "ephemeral", spec.ephemeral ? "yes" : "no");
    set(secret, "private", spec.is_private ? "yes" : "no");
    add_text(secret, "uuid", spec.uuid);
    auto usage = secret.append_child("usage");
    set(usage, "type", "vtpm");
    add_text(usage, "name", spec.usage_name);
    return to_text(document);
}

Result<SecretSpec> parse_secret(std::string_view text) {
    VTPMLAB_TRY(const auto document, parse(text, "secret", "the secret's XML"));
    const auto secret = document.document_element();
    SecretSpec spec;
    spec.uuid = secret.child_value("uuid");
    spec.usage_name = secret.child("usage").child_value("name");
    spec.ephemeral = std::string_view(secret.attribute("ephemeral").value()) == "yes";
    spec.is_private = std::string_view(secret.attribute("private").value()) == "yes";
    return spec;
}

} // namespace vtpmlab::xml
