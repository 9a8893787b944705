#include "secret_search.h"

#include "core/files.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace vtpmlab::test {
namespace {

namespace fs = std::filesystem;

// Shorter texts stand everywhere by accident.
constexpr std::size_t shortest_secret = 8;
constexpr std::size_t largest_file = std::size_t{1} << 30;

// Every text between `before` and the next character of `ends`.
template <typename Take>
void each_between(std::string_view stream, std::string_view before, std::string_view ends,
                  Take take) {
    for (std::size_t at = stream.find(before); at != std::string_view::npos;
         at = stream.find(before, at)) {
        at += before.size();
        const auto end = stream.find_first_of(ends, at);
        if (end == std::string_view::npos)
            return;
        if (const auto text = stream.substr(at, end - at); text.size() >= shortest_secret)
            take(std::string(text));
        at = end;
    }
}

std::string text_of(const std::vector<unsigned char>& bytes) {
    return std::string(bytes.begin(), bytes.end());
}

// Hundreds of texts at once, by their first two bytes: the images alone are many megabytes.
class Needles {
public:
    explicit Needles(const std::vector<std::string>& secrets) : by_start_(std::size_t{1} << 16) {
        for (const auto& secret : secrets) {
            const auto forms = forms_of(secret);
            for (std::size_t i = 0; i < forms.size(); ++i)
                by_start_[start_of(forms[i].data())].push_back(
                    {forms[i], fmt::format("form {} of a secret of {} bytes", i, secret.size())});
        }
    }

    template <typename Found>
    void find_in(const std::string& content, Found found) const {
        for (std::size_t at = 0; at + shortest_secret <= content.size(); ++at)
            for (const auto& needle : by_start_[start_of(content.data() + at)])
                if (content.compare(at, needle.text.size(), needle.text) == 0)
                    found(at, needle.what);
    }

private:
    struct Needle {
        std::string text;
        std::string what;
    };
    static std::size_t start_of(const char* text) {
        return static_cast<unsigned char>(text[0]) * 256U + static_cast<unsigned char>(text[1]);
    }
    std::vector<std::vector<Needle>> by_start_;
};

} // namespace

std::vector<std::string> Secrets::all() const {
    std::vector<std::string> all(tokens.begin(), tokens.end());
    all.insert(all.end(), passwords.begin(), passwords.end());
    all.insert(all.end(), passphrases.begin(), passphrases.end());
    return all;
}

void collect_secrets(std::string_view stream, Secrets& secrets) {
    for (const char* header :
         {"\r\nX-Auth-Token: ", "\r\nX-Subject-Token: ", "\r\nX-Service-Token: "})
        each_between(stream, header, "\r",
                     [&](std::string token) { secrets.tokens.insert(std::move(token)); });
    each_between(stream, "\"password\":\"", "\"",
                 [&](std::string text) { secrets.passwords.insert(std::move(text)); });
    // Sent in base64; and what Nova makes is a base64 text itself.
    each_between(stream, "\"payload\":\"", "\"", [&](std::string text) {
        for (auto decoded = base64_decode(text); decoded; decoded = base64_decode(text)) {
            secrets.passphrases.insert(text);
            text = text_of(*decoded);
            if (text.size() < shortest_secret)
                return;
        }
        secrets.passphrases.insert(std::move(text));
    });
}

std::vector<std::string> forms_of(const std::string& secret) {
    const auto bytes = std::vector<unsigned char>(secret.begin(), secret.end());
    std::string upper = hex(bytes);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::vector<std::string> forms{secret, hex(bytes), upper};
    for (std::size_t before = 0; before < 3; ++before) {
        // Only the characters that no neighbour has a part in.
        std::string text = base64_encode(std::string(before, 'x') + secret);
        const std::size_t first = before == 0 ? 0 : before + 1;
        const std::size_t last = (before + secret.size()) * 8 / 6;
        forms.push_back(text.substr(first, last - first));
    }
    return forms;
}

SearchResult search(const fs::path& directory, const std::vector<std::string>& secrets) {
    const Needles needles(secrets);
    SearchResult result;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        std::string content = entry.path().filename().string() + "\n";
        if (entry.is_regular_file() && !entry.is_symlink()) {
            const auto read = read_file(entry.path(), largest_file);
            if (!read)
                throw std::runtime_error(read.error().message);
            content += *read;
            ++result.files;
            result.bytes += read->size();
        }
        needles.find_in(content, [&](std::size_t at, std::string what) {
            result.found.push_back({entry.path(), at, std::move(what)});
        });
    }
    return result;
}

} // namespace vtpmlab::test
