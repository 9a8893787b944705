// vtpmlab itself, in a mischievous lab: `VTPMLAB_MISCHIEF=stuck mischievous-vtpmlab run …`.

#include "cli/commands.h"
#include "support/mischievous_lab.h"

#include <cstdlib>

int main(int argc, char** argv) {
    using namespace vtpmlab;
    const auto make_labs = [](const cli::LabOptions&) -> Result<std::unique_ptr<LabFactory>> {
        const char* name = std::getenv("VTPMLAB_MISCHIEF");
        const auto mischief = support::mischief_named(name ? name : "none");
        if (!mischief)
            return fail(ErrorKind::usage, "no such mischief");
        return std::make_unique<support::MischievousLabs>(*mischief);
    };
    const auto no_cloud = [](const cli::UpCommand&) {
        return static_cast<int>(
            cli::tell({ErrorKind::lab, "this program brings no cloud up", {}, {}, 0, {}, {}}));
    };
    return cli::program(argc, argv, {make_labs, no_cloud});
}
