#pragma once
// HTTP header fields in the order they came; names compare without regard to case.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::http {

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

    // The first field of that name, or null.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    // The first field of that name, or nothing at all.
    [[nodiscard]] std::string_view value(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }

    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    void set(std::string_view name, std::string value);
    void remove(std::string_view name);

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }
    [[nodiscard]] std::size_t size() const { return fields_.size(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

} // namespace vtpmlab::http
