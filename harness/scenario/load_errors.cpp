#include "scenario/load_errors.h"

namespace vtpmlab::scenario {

void LoadErrors::add(Error error) {
    ++added_;
    errors_.try_emplace(Key{{}, error.message}, std::move(error));
}

// The same error in many cases is one error; the first case it was met in is named.
void LoadErrors::add(const Place& place, std::string message, std::string hint) {
    Error error = source_.error(place, std::move(message), std::move(hint));
    if (!case_name_.empty())
        error.causes.push_back("in the case " + case_name_);
    const Key key{{place.line, place.column}, error.message};
    ++added_;
    errors_.try_emplace(key, std::move(error));
}

void LoadErrors::add(const Place& place, const ExpressionFault& fault) {
    add(source_.find_from(place, fault.at), fault.message, fault.hint);
}

std::vector<Error> LoadErrors::take() {
    std::vector<Error> errors;
    for (auto& [key, error] : errors_)
        errors.push_back(std::move(error));
    errors_.clear();
    return errors;
}

} // namespace vtpmlab::scenario
