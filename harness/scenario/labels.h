#pragma once
// Label expressions: `smoke and not slow`, `Q01 or (Q02 and tis)`. `not` binds tighter than `and`,
// `and` tighter than `or`. A label is letters, digits and "_.:-".

#include <vtpmlab/result.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

class LabelExpression {
public:
    // An error of kind usage, with the expression and a caret.
    [[nodiscard]] static Result<LabelExpression> parse(std::string_view text);
    [[nodiscard]] bool matches(const std::vector<std::string>& labels) const;

    struct Node; // the tree behind it
private:
    explicit LabelExpression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
    std::shared_ptr<const Node> root_; // immutable, so copies may share it
};

// May this be a label of a scenario?
[[nodiscard]] bool is_label(std::string_view text);

} // namespace vtpmlab::scenario
