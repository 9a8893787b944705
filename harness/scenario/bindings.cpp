#include "scenario/bindings.h"

#include "core/text.h"
#include "scenario/expression.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace vtpmlab::scenario {

void Bindings::set(std::string name, nlohmann::json value) {
    values_.insert_or_assign(std::move(name), std::move(value));
}

bool Bindings::has(std::string_view name) const { return values_.find(name) != values_.end(); }

Result<Located> Bindings::resolve_located(const Located& tree) const {
    const Lookup lookup =
        [&](const Expression& expression) -> tl::expected<std::optional<Located>, ExpressionFault> {
        const auto found = values_.find(expression.name);
        if (found == values_.end()) {
            std::vector<std::string> names;
            for (const auto& [name, ignored] : values_)
                names.push_back(name);
            const auto near = did_you_mean(expression.name, names);
            std::string hint = near            ? fmt::format("did you mean '{}'?", *near)
                               : names.empty() ? "no step has bound anything yet"
                                               : fmt::format("bound: {}", fmt::join(names, ", "));
            return tl::unexpected(
                ExpressionFault{fmt::format("unknown binding '{}'", expression.name),
                                std::move(hint), expression.text()});
        }
        auto value = follow(Located{found->second, {}, {}}, expression);
        if (!value)
            return tl::unexpected(std::move(value).error());
        return *std::move(value);
    };
    Status status;
    Located resolved =
        substitute(tree, lookup, value_text, [&](const Place& place, const ExpressionFault& fault) {
            if (status)
                status = fail(ErrorKind::scenario, fault.message, place.text(), fault.hint);
        });
    VTPMLAB_CHECK(std::move(status));
    return resolved;
}

Result<nlohmann::json> Bindings::resolve(const Located& tree) const {
    VTPMLAB_TRY(auto resolved, resolve_located(tree));
    return std::move(resolved.value);
}

} // namespace vtpmlab::scenario
