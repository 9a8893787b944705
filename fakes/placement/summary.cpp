#include "placement/summary.h"

#include "placement/model.h"

#include <fmt/format.h>

#include <iterator>

namespace vtpmlab::fakes::placement {

std::string provider_summary(const Model& model, const Provider& provider) {
    std::string out = fmt::format(R"("{}":{{"resources":{{)", provider.uuid);
    const char* comma = "";
    for (const auto& [resource_class, inventory] : provider.inventories) {
        fmt::format_to(std::back_inserter(out), R"({}"{}":{{"capacity":{},"used":{}}})", comma,
                       model.classes.text(resource_class), inventory.capacity(),
                       provider.used_of(resource_class));
        comma = ",";
    }
    out += R"(},"traits":[)";
    comma = "";
    for (const int id : provider.traits.ids()) {
        fmt::format_to(std::back_inserter(out), R"({}"{}")", comma, model.traits.text(id));
        comma = ",";
    }
    const std::string parent =
        provider.parent.empty() ? "null" : fmt::format(R"("{}")", provider.parent);
    fmt::format_to(std::back_inserter(out),
                   R"(],"parent_provider_uuid":{},"root_provider_uuid":"{}"}})", parent,
                   provider.root);
    out.shrink_to_fit();
    return out;
}

} // namespace vtpmlab::fakes::placement
