#pragma once
// What earlier steps of a case left behind under a name (`as:`), and its use in later ones:
// `${{ flavor.id }}`. A text that is nothing but one such expression takes the value with its type;
// inside a longer text the value becomes text.
//
// A path goes down maps by key and lists by number: `${{ servers.0.id }}`.

#include "scenario/located.h"

#include <vtpmlab/result.h>

#include <map>
#include <string>
#include <string_view>

namespace vtpmlab::scenario {

class Bindings {
public:
    // A name can be bound again: the newer value counts.
    void set(std::string name, nlohmann::json value);
    [[nodiscard]] bool has(std::string_view name) const;

    // Every expression in `tree` replaced. An unknown name or path is an error of kind scenario at
    // the place of its text, with "did you mean".
    [[nodiscard]] Result<nlohmann::json> resolve(const Located& tree) const;
    // The same, with the places, for what is matched or checked afterwards.
    [[nodiscard]] Result<Located> resolve_located(const Located& tree) const;

private:
    std::map<std::string, nlohmann::json, std::less<>> values_;
};

} // namespace vtpmlab::scenario
