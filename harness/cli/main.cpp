#include "cli/commands.h"
#include "cli/simulated_cloud.h"
#include "cli/up_cloud.h"

int main(int argc, char** argv) {
    using namespace vtpmlab::cli;
    return program(argc, argv, {make_simulated_clouds, up_cloud});
}
