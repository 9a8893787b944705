#pragma once
// What is wrong with one file, in the order of the file and each thing once, however many cases of
// a matrix meet it.

#include "scenario/expression.h"
#include "scenario/source_text.h"

#include <vtpmlab/error.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {

class LoadErrors {
public:
    // `source` outlives this.
    explicit LoadErrors(const SourceText& source) : source_(source) {}

    void add(Error error);
    void add(const Place& place, std::string message, std::string hint);
    // At the expression's own place in the text that begins at `place`.
    void add(const Place& place, const ExpressionFault& fault);

    // From now on errors may be of this case alone, and name it; "" ends that.
    void name_case(std::string name) { case_name_ = std::move(name); }

    [[nodiscard]] bool is_empty() const { return errors_.empty(); }
    // How often something was added: has this case an error?
    [[nodiscard]] std::size_t added() const { return added_; }
    [[nodiscard]] std::vector<Error> take();

private:
    struct Key { // orders errors as the file does
        std::pair<int, int> position;
        std::string message;
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    const SourceText& source_;
    std::map<Key, Error> errors_;
    std::size_t added_ = 0;
    std::string case_name_;
};

} // namespace vtpmlab::scenario
