#include "runner/expectation.h"

#include "runner/case_context.h"

namespace vtpmlab::runner {

scenario::Located only(const scenario::Located& args, std::initializer_list<const char*> keys) {
    scenario::Located chosen;
    chosen.value = nlohmann::json::object();
    chosen.places = args.places;
    chosen.keys = args.keys;
    for (const char* key : keys)
        if (args.value.contains(key))
            chosen.value[key] = args.value[key];
    return chosen;
}

VerbResult matched(const scenario::Located& expected, nlohmann::json found,
                   const std::string& message, report::Finding finding) {
    const auto differences = scenario::match(expected, found);
    if (differences.empty())
        return found;
    auto failure = unmet(finding, message);
    failure.value().differences = to_report(differences);
    return failure;
}

} // namespace vtpmlab::runner
