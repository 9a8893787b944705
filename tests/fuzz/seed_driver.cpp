// Feeds a fuzz target mutated seeds where there is no libFuzzer: fuzz_NAME RUNS SEED_DIRECTORY. The
// mutations come from a fixed generator, so a failure comes again.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutated(std::string text, const std::vector<std::string>& seeds, std::mt19937& random) {
    const auto below = [&random](std::size_t limit) {
        return random() % std::max<std::size_t>(limit, 1);
    };
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
        const std::size_t at = below(text.size() + 1);
        switch (below(5)) {
        case 0:
            text.insert(at, 1, static_cast<char>(random()));
            break;
        case 1:
            text.erase(at, below(8) + 1);
            break;
        case 2:
            if (at < text.size())
                text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        case 3:
            text.insert(at, text.substr(below(text.size() + 1), below(32)));
            break;
        default: {
            const std::string& other = seeds[below(seeds.size())];
            text.insert(at, other.substr(below(other.size() + 1), below(64)));
        }
        }
    }
    return text;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: fuzz_NAME RUNS SEED_DIRECTORY\n", stderr);
        return 1;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[2]))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds{""};
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    for (const auto& seed : seeds)
        run(seed);
    std::mt19937 random(1);
    for (long i = std::strtol(argv[1], nullptr, 10); i > 0; --i)
        run(mutated(seeds[random() % seeds.size()], seeds, random));
    return 0;
}
