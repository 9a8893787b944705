// vtpmlab itself, in a mischievous lab: `VTPMLAB_MISCHIEF=stuck mischievous-vtpmlab run …`.

#include "cli/commands.h"
#include "support/mischievous_lab.h"

#include <cstdlib>

int main(int argc, char** argv) {
    using namespace vtpmlab;
    return cli::program(argc, argv,
                        [](const cli::LabOptions&) -> Result<std::unique_ptr<LabFactory>> {
                            const char* name = std::getenv("VTPMLAB_MISCHIEF");
                            const auto mischief = support::mischief_named(name ? name : "none");
                            if (!mischief)
                                return fail(ErrorKind::usage, "no such mischief");
                            return std::make_unique<support::MischievousLabs>(*mischief);
                        });
}
