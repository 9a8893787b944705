#include "scenario/verbs/fields.h"

#include <utility>

namespace vtpmlab::scenario::build {

Shape properties() { return map_to(text(0)); }

Field server() { return needs("server", text(), "id of the server"); }

Field timeout(const char* default_value) {
    return may("timeout", duration(), std::string("how long to wait; default ") + default_value);
}

Field microversion() {
    return may("microversion", matching("[0-9]+\\.[0-9]+", "a microversion such as \"2.86\""),
               "of the compute API; default the newest the release has");
}

Field host_name() { return may("host", text(), "the host; default the first"); }

std::vector<ResultField> answer(std::vector<ResultField> fields) {
    std::vector<ResultField> all = {
        {"status", "HTTP status of the answer"},
        {"message", "the API's error text; not there when it did not refuse"},
    };
    for (auto& field : fields)
        all.push_back(std::move(field));
    return all;
}

} // namespace vtpmlab::scenario::build
