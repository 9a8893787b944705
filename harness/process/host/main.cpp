// vtpmlab-host: what only a small program with one thread can do for vtpmlab. Started by the
// library vtpmlab::process, never by hand:
//
//     vtpmlab-host run [--hostname NAME] [--bind SOURCE TARGET] … -- PROGRAM ARGUMENTS
//     vtpmlab-host janitor DIRECTORY
//     vtpmlab-host remove DIRECTORY
//     vtpmlab-host copy SOURCE DIRECTORY
//     vtpmlab-host list DIRECTORY
//     vtpmlab-host move SOURCE DESTINATION UID GID

#include "core/error_text.h"
#include "process/host/init.h"
#include "process/host/janitor.h"
#include "process/host/tree.h"

#include <vtpmlab/exit_code.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::host {
namespace {

Result<int> as_exit_code(Status status) {
    VTPMLAB_CHECK(std::move(status));
    return 0;
}

// A wrong one is no id at all: chown refuses it.
unsigned to_id(const std::string& text) {
    unsigned id = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, id);
    return code == std::errc() && stop == end ? id : ~0u;
}

Result<int> run(const std::vector<std::string>& arguments) {
    const std::string command = arguments.empty() ? "" : arguments.front();
    if (command == "run") {
        VTPMLAB_TRY(const SandboxSpec spec, parse_sandbox_arguments(arguments));
        return run_sandbox(spec);
    }
    if (command == "janitor" && arguments.size() == 2)
        return as_exit_code(watch_over(arguments[1]));
    if (command == "remove" && arguments.size() == 2)
        return as_exit_code(remove_tree(arguments[1]));
    if (command == "copy" && arguments.size() == 3)
        return as_exit_code(copy_tree(arguments[1], arguments[2]));
    if (command == "list" && arguments.size() == 2)
        return as_exit_code(list_tree(arguments[1]));
    if (command == "move" && arguments.size() == 5)
        return as_exit_code(
            move_tree(arguments[1], arguments[2], to_id(arguments[3]), to_id(arguments[4])));
    return fail(ErrorKind::usage, "vtpmlab-host is started by vtpmlab, not by hand", {},
                "see vtpmlab --help");
}

} // namespace
} // namespace vtpmlab::host

int main(int argc, char** argv) {
    try {
        const auto code = vtpmlab::host::run({argv + 1, argv + argc});
        if (code)
            return *code;
        std::fputs(vtpmlab::error_text(code.error()).c_str(), stderr);
        return static_cast<int>(vtpmlab::exit_code_for(code.error().kind));
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "vtpmlab-host: %s\n", exception.what());
        return static_cast<int>(vtpmlab::ExitCode::lab_broken);
    }
}
