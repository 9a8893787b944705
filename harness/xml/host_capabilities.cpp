#include "xml/host_capabilities.h"

#include "xml/tree.h"

namespace vtpmlab::xml {

Result<std::string> parse_host_uuid(std::string_view text) {
    VTPMLAB_TRY(const auto document, parse(text, "capabilities", "the host capabilities' XML"));
    std::string uuid = document.document_element().child("host").child_value("uuid");
    if (uuid.empty())
        return fail(ErrorKind::lab, "the host capabilities' XML names no host uuid");
    return uuid;
}

} // namespace vtpmlab::xml
