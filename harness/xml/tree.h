#pragma once
// pugixml as this folder uses it: trees to text, and text from libvirt to trees. XML is never put
// together as text; pugixml escapes at the edge.

#include <vtpmlab/result.h>

#include <pugixml.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::xml {

// Indented by two blanks, with single line ends, without a declaration: as libvirt prints it.
[[nodiscard]] std::string to_text(const pugi::xml_document& document);

// A document whose root is `root`; the error names `what` was read and the byte where it broke.
[[nodiscard]] Result<pugi::xml_document> parse(std::string_view text, std::string_view root,
                                               std::string_view what);

// <name>text</name> below `parent`.
pugi::xml_node add_text(pugi::xml_node parent, const char* name, std::string_view text);
void set(pugi::xml_node node, const char* attribute, std::string_view value);

} // namespace vtpmlab::xml
