#include "scenario/labels.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace vtpmlab::scenario {

struct LabelExpression::Node {
    enum class Kind { label, negation, both, any };
    Kind kind = Kind::label;
    std::string label;
    std::shared_ptr<const Node> left, right;

    [[nodiscard]] bool holds(const std::vector<std::string>& labels) const {
        switch (kind) {
        case Kind::label:
            return std::find(labels.begin(), labels.end(), label) != labels.end();
        case Kind::negation:
            return !left->holds(labels);
        case Kind::both:
            return left->holds(labels) && right->holds(labels);
        case Kind::any:
            return left->holds(labels) || right->holds(labels);
        }
        return false;
    }
};

namespace {

using Node = LabelExpression::Node;
using NodePointer = std::shared_ptr<const Node>;

constexpr std::size_t longest_expression = 1000; // keeps the recursion shallow

bool is_label_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
}
bool is_keyword(std::string_view word) { return word == "and" || word == "or" || word == "not"; }

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) { advance(); }

    Result<NodePointer> run() {
        if (text_.size() > longest_expression)
            return refuse(
                fmt::format("label expression longer than {} characters", longest_expression), "");
        VTPMLAB_TRY(auto root, either());
        if (!word_.empty())
            return word_ == ")" ? refuse("')' without '('", "take it away")
                                : refuse(fmt::format("expected 'and' or 'or', found '{}'", word()),
                                         "join two labels with 'and' or 'or'");
        return root;
    }

private:
    Result<NodePointer> either() {
        VTPMLAB_TRY(auto left, both());
        while (word_ == "or") {
            advance();
            VTPMLAB_TRY(auto right, both());
            left = std::make_shared<const Node>(Node{Node::Kind::any, {}, left, right});
        }
        return left;
    }

    Result<NodePointer> both() {
        VTPMLAB_TRY(auto left, single());
        while (word_ == "and") {
            advance();
            VTPMLAB_TRY(auto right, single());
            left = std::make_shared<const Node>(Node{Node::Kind::both, {}, left, right});
        }
        return left;
    }

    Result<NodePointer> single() {
        if (word_ == "not") {
            advance();
            VTPMLAB_TRY(auto operand, single());
            return std::make_shared<const Node>(Node{Node::Kind::negation, {}, operand, {}});
        }
        if (word_ == "(") {
            const std::size_t opened = at_;
            advance();
            VTPMLAB_TRY(auto inner, either());
            if (word_ != ")") {
                if (word_.empty())
                    at_ = opened;
                return refuse("'(' without ')'", "close it");
            }
            advance();
            return inner;
        }
        if (word_.empty())
            return refuse("a label is missing at the end", "such as: smoke and not slow");
        if (is_keyword(word_) || !is_label(word_))
            return refuse(fmt::format("expected a label, found '{}'", word()),
                          "such as: smoke and not slow");
        auto node =
            std::make_shared<const Node>(Node{Node::Kind::label, std::string(word_), {}, {}});
        advance();
        return node;
    }

    [[nodiscard]] std::string word() const { return printable(word_, 40); }

    void advance() {
        at_ = next_;
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
            ++at_;
        next_ = at_;
        while (next_ < text_.size() && is_label_character(text_[next_]))
            ++next_;
        if (next_ == at_ && next_ < text_.size())
            ++next_; // a bracket, or a character that has no place here
        word_ = text_.substr(at_, next_ - at_);
    }

    [[nodiscard]] tl::unexpected<Error> refuse(std::string message, std::string hint) const {
        Error error;
        error.kind = ErrorKind::usage;
        error.message = std::move(message);
        error.where = "label expression";
        error.line = printable(text_, longest_expression);
        error.column = static_cast<int>(at_) + 1;
        error.hint = std::move(hint);
        return fail(std::move(error));
    }

    std::string_view text_;
    std::string_view word_;
    std::size_t at_ = 0, next_ = 0;
};

} // namespace

bool is_label(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_label_character) &&
           !is_keyword(text);
}

Result<LabelExpression> LabelExpression::parse(std::string_view text) {
    VTPMLAB_TRY(auto root, Parser(text).run());
    return LabelExpression(std::move(root));
}

bool LabelExpression::matches(const std::vector<std::string>& labels) const {
    return root_->holds(labels);
}

} // namespace vtpmlab::scenario
