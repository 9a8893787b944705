#include "scenario/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <optional>
#include <regex>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

// Thrown through the YAML library's parser, which knows no other way to stop; caught below.
struct Refused {
    Error error;
};

// YAML 1.2 §10.3.2, without the forms JSON cannot carry (.inf, .nan), which stay texts. Nothing
// when the number is out of range.
std::optional<json> typed(const std::string& text) {
    if (text == "true" || text == "True" || text == "TRUE")
        return json(true);
    if (text == "false" || text == "False" || text == "FALSE")
        return json(false);
    constexpr std::size_t longest_number = 64;
    if (text.size() > longest_number || text.find_first_of("0123456789") == std::string::npos)
        return json(text);
    static const std::regex decimal("[-+]?[0-9]+"), octal("0o[0-7]+"),
        hexadecimal("0x[0-9a-fA-F]+"),
        real("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    auto integer = [&](std::size_t skip, int base) -> std::optional<json> {
        std::int64_t number = 0;
        const char* const last = text.data() + text.size();
        const auto [end, code] = std::from_chars(text.data() + skip, last, number, base);
        if (code != std::errc{} || end != last)
            return std::nullopt;
        return json(number);
    };
    if (std::regex_match(text, decimal))
        return integer(text.front() == '+' ? 1 : 0, 10);
    if (std::regex_match(text, octal))
        return integer(2, 8);
    if (std::regex_match(text, hexadecimal))
        return integer(2, 16);
    if (std::regex_match(text, real)) {
        std::istringstream stream(text.front() == '+' ? text.substr(1) : text);
        stream.imbue(std::locale::classic());
        double number = 0;
        stream >> number;
        if (stream.fail() || !std::isfinite(number))
            return std::nullopt;
        return json(number);
    }
    return json(text);
}

class Builder final : public YAML::EventHandler {
public:
    static constexpr const char* no_anchors =
        "write the values out, or make them an axis of the matrix";

    explicit Builder(const SourceText& source) : source_(source) {}

    Document take() { return std::move(document_); }
    [[nodiscard]] bool has_root() const { return has_root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1)
            refuse(mark, "a second document in the file", "one file holds one scenario");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        if (wants_key())
            refuse(mark, "a key is missing in front of ':'", "");
        Place place = at(mark);
        // A value that is not there is reported where the next thing begins, lines further down.
        if (!open_.empty() && open_.back().is_map && open_.back().key_place.line != place.line)
            place = open_.back().key_place;
        add(json(nullptr), place);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(mark, "aliases are not used in scenarios", no_anchors);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        const bool is_plain = tag == "?";
        if (!is_plain && is_never_closed(mark))
            refuse(mark, "the quote is never closed", "close it");
        if (!is_plain && tag != "!")
            refuse(mark, "tags are not used in scenarios",
                   "quote a value that must be a text, leave a number plain");
        if (wants_key()) {
            take_key(mark, value);
            return;
        }
        if (!is_plain) {
            add(json(value), at(mark));
            return;
        }
        auto value_typed = typed(value);
        if (!value_typed)
            refuse(mark, fmt::format("the number {} is too large", value),
                   fmt::format("quote it if a text is meant: \"{}\"", value));
        const Place place = at(mark);
        if (!value_typed->is_string())
            document_.literals[{place.line, place.column}] = value;
        add(*std::move(value_typed), place);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, json::array());
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, json::object());
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        json value;
        std::string pointer;
        Place place;
        bool is_map = false;
        bool has_key = false; // read, its value is next
        std::string key;
        Place key_place;
    };

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message, std::string hint) const {
        throw Refused{source_.error(at(mark), std::move(message), std::move(hint))};
    }
    // The library takes the rest of the file for the text and says nothing.
    [[nodiscard]] bool is_never_closed(const YAML::Mark& mark) const {
        const std::string_view rest =
            std::string_view(source_.text()).substr(source_.offset_of(mark.line, mark.column));
        if (rest.empty() || (rest.front() != '"' && rest.front() != '\''))
            return false; // a block
        for (std::size_t at = 1; at < rest.size(); ++at) {
            if (rest.front() == '"' && rest[at] == '\\')
                ++at;
            else if (rest[at] == rest.front() && rest.front() == '\'' &&
                     rest.substr(at + 1, 1) == "'")
                ++at;
            else if (rest[at] == rest.front())
                return false;
        }
        return true;
    }
    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor != 0)
            refuse(mark, "anchors are not used in scenarios", no_anchors);
    }
    [[nodiscard]] Place at(const YAML::Mark& mark) const {
        return source_.place_in_line(mark.line, mark.column);
    }
    [[nodiscard]] bool wants_key() const {
        return !open_.empty() && open_.back().is_map && !open_.back().has_key;
    }

    void take_key(const YAML::Mark& mark, const std::string& key) {
        Open& map = open_.back();
        const Place place = at(mark);
        if (map.value.contains(key)) {
            const Place first = document_.tree.keys[child(map.pointer, key)];
            refuse(mark, fmt::format("duplicate key '{}'", key),
                   fmt::format("it is already at line {}", first.line));
        }
        map.has_key = true;
        map.key = key;
        map.key_place = place;
        map.value[key] = nullptr; // reserves it, so that a nested duplicate is seen too
        document_.tree.keys[child(map.pointer, key)] = place;
    }

    [[nodiscard]] std::string next_pointer() const {
        if (open_.empty())
            return {};
        const Open& parent = open_.back();
        return parent.is_map ? child(parent.pointer, parent.key)
                             : child(parent.pointer, parent.value.size());
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, json empty) {
        refuse_anchor(mark, anchor);
        if (!tag.empty() && tag != "?")
            refuse(mark, "tags are not used in scenarios", "leave it out");
        if (wants_key())
            refuse(mark, "a key must be a text", "is a '-' or a quote missing?");
        if (open_.size() >= deepest_nesting)
            refuse(mark, fmt::format("nested deeper than {} levels", deepest_nesting), "");
        Open level;
        level.pointer = next_pointer();
        level.is_map = empty.is_object();
        level.value = std::move(empty);
        level.place = at(mark);
        open_.push_back(std::move(level));
    }

    void close() {
        Open level = std::move(open_.back());
        open_.pop_back();
        add(std::move(level.value), level.place);
    }

    void add(json value, const Place& place) {
        document_.tree.places[next_pointer()] = place;
        if (open_.empty()) {
            document_.tree.value = std::move(value);
            has_root_ = true;
            return;
        }
        Open& parent = open_.back();
        if (parent.is_map) {
            parent.value[parent.key] = std::move(value);
            parent.has_key = false;
        } else {
            parent.value.push_back(std::move(value));
        }
    }

    const SourceText& source_;
    Document document_;
    std::vector<Open> open_;
    int documents_ = 0;
    bool has_root_ = false;
};

// What usually lies behind the library's words.
std::string hint_for(const std::string& message, const std::string& line) {
    if (line.find("${{") != std::string::npos)
        return "inside { } and [ ] an expression needs quotes: \"${{ … }}\"";
    if (message.find("escape") != std::string::npos)
        return "write \\\\ for a backslash, or use single quotes";
    if (message.find("flow") != std::string::npos)
        return "is a closing bracket or a comma missing?";
    if (message.find("EOF in scalar") != std::string::npos)
        return "is a closing quote missing?";
    if (message.find("illegal map value") != std::string::npos)
        return "quote a text that contains ': '";
    if (message.find("end of ") != std::string::npos)
        return "is this line indented like the ones it belongs to?";
    return {};
}

} // namespace

Result<Document> read_yaml(const SourceText& source) {
    const Place start{source.file(), 1, 1};
    try {
        std::istringstream stream(source.text());
        YAML::Parser parser(stream);
        Builder builder(source);
        while (parser.HandleNextDocument(builder)) {
        }
        if (!builder.has_root())
            return fail(source.error(start, "the file is empty", "begin with 'scenario: …'"));
        return builder.take();
    } catch (const Refused& refused) {
        return fail(refused.error);
    } catch (const YAML::Exception& failure) {
        const Place place = failure.mark.is_null()
                                ? start
                                : source.place_in_line(failure.mark.line, failure.mark.column);
        if (failure.msg.find("referenced anchor") != std::string::npos)
            return fail(
                source.error(place, "aliases are not used in scenarios", Builder::no_anchors));
        Error error = source.error(place, "not YAML: " + failure.msg);
        error.hint = hint_for(failure.msg, error.line);
        return fail(std::move(error));
    } catch (const std::exception& failure) {
        return fail(source.error(start, fmt::format("not YAML: {}", failure.what())));
    }
}

} // namespace vtpmlab::scenario
