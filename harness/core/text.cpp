#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace vtpmlab {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above + 1, row[j - 1] + 1, changed});
            diagonal = above;
        }
    }
    return row[b.size()];
}

} // namespace

std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string> candidates) {
    constexpr std::size_t longest = 64; // nobody mistypes more, and the cost is quadratic
    if (word.empty() || word.size() > longest)
        return std::nullopt;
    const std::size_t near_enough = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string> best;
    std::size_t best_distance = near_enough + 1;
    for (const auto& candidate : candidates) {
        if (candidate.size() > longest)
            continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string printable(std::string_view hostile, std::size_t limit) {
    std::string text;
    for (char c : hostile.substr(0, limit)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n' || c == '\t' || (byte >= 0x20 && byte < 0x7f))
            text += c;
        else
            text += fmt::format("\\x{:02x}", byte);
    }
    if (hostile.size() > limit)
        text += "…";
    return text;
}

} // namespace vtpmlab
