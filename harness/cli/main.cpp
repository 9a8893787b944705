#include "cli/commands.h"
#include "cli/simulated_cloud.h"

int main(int argc, char** argv) {
    return vtpmlab::cli::program(argc, argv, vtpmlab::cli::make_simulated_clouds);
}
