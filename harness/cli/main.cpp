#include "cli/commands.h"

int main(int argc, char** argv) {
    using namespace vtpmlab;
    return cli::program(argc, argv,
                        [](const cli::LabOptions&) -> Result<std::unique_ptr<LabFactory>> {
                            return fail(ErrorKind::lab, "this build has no simulated cloud");
                        });
}
