#include "xml/tree.h"

#include <fmt/format.h>

#include <sstream>

namespace vtpmlab::xml {

std::string to_text(const pugi::xml_document& document) {
    std::ostringstream text;
    document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration);
    return text.str();
}

Result<pugi::xml_document> parse(std::string_view text, std::string_view root,
                                 std::string_view what) {
    pugi::xml_document document;
    const auto parsed = document.load_buffer(text.data(), text.size());
    if (!parsed)
        return fail(ErrorKind::lab, fmt::format("{} is not XML: {} at byte {}", what,
                                                parsed.description(), parsed.offset));
    if (document.document_element().name() != root)
        return fail(ErrorKind::lab, fmt::format("{} is a <{}>, expected a <{}>", what,
                                                document.document_element().name(), root));
    return document;
}

pugi::xml_node add_text(pugi::xml_node parent, const char* name, std::string_view text) {
    auto node = parent.append_child(name);
    node.text().set(std::string(text).c_str());
    return node;
}

void set(pugi::xml_node node, const char* attribute, std::string_view value) {
    node.append_attribute(attribute).set_value(std::string(value).c_str());
}

} // namespace vtpmlab::xml
