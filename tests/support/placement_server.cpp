// placement_server [FILE]: a Placement alone, for measurements and for tests that end it in the
// middle of a write. FILE is its database; without, it lives in memory. Every token that begins
// with "ok-" is good (fake_tokens.h). Prints its URL and runs until its standard input ends.

#include "placement/placement.h"
#include "support/fake_tokens.h"

#include <iostream>

int main(int argc, char** argv) {
    using namespace vtpmlab;
    fakes::placement::PlacementConfig config;
    config.database = argc > 1 ? argv[1] : "";
    config.validator = std::make_shared<test::FakeTokens>();
    auto placement = fakes::placement::Placement::start(std::move(config));
    if (!placement) {
        std::cerr << "placement_server: " << placement.error().message << "\n";
        return 3;
    }
    std::cout << (*placement)->url() << std::endl;
    while (std::cin.ignore())
        continue;
}
