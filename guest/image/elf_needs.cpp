#include "image/elf_needs.h"

#include <elf.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace vtpmlab::image {
namespace {

namespace fs = std::filesystem;

Result<fs::path> interpreter_of(const fs::path& program) {
    std::ifstream file(program, std::ios::binary);
    Elf64_Ehdr header{};
    if (!file.read(reinterpret_cast<char*>(&header), sizeof header) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
        return fail(ErrorKind::lab, "not a 64-bit ELF program", program.string());
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        file.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof segment));
        if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment))
            break;
        if (segment.p_type != PT_INTERP || segment.p_filesz < 2 || segment.p_filesz > PATH_MAX)
            continue;
        std::string path(segment.p_filesz - 1, '\0'); // without the closing zero
        file.seekg(static_cast<std::streamoff>(segment.p_offset));
        if (file.read(path.data(), static_cast<std::streamsize>(path.size())))
            return fs::path(path);
    }
    return fail(ErrorKind::lab, "names no loader; is it linked statically?", program.string());
}

Result<std::string> output_of(const fs::path& program, const fs::path& argument) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(ErrorKind::lab, std::strerror(errno), "pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string name = program.string(), list = "--list", what = argument.string();
    std::array<char*, 4> argv{name.data(), list.data(), what.data(), nullptr};
    pid_t child = 0;
    const int error = posix_spawn(&child, name.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    std::string output;
    std::array<char, 4096> buffer;
    for (ssize_t count = 0;
         error == 0 && (count = read(ends[0], buffer.data(), buffer.size())) > 0;)
        output.append(buffer.data(), static_cast<std::size_t>(count));
    close(ends[0]);
    if (error != 0)
        return fail(ErrorKind::lab, std::strerror(error), name);
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0)
        return fail(ErrorKind::lab, "cannot list the libraries of " + what, name);
    return output;
}

} // namespace

Result<ProgramNeeds> program_needs(const fs::path& program) {
    ProgramNeeds needs;
    VTPMLAB_TRY(needs.loader, interpreter_of(program));
    VTPMLAB_TRY(const std::string listing, output_of(needs.loader, program));
    // "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)"; the loader and the vdso have no
    // arrow.
    std::istringstream lines(listing);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string soname, arrow, path;
        if (!(words >> soname >> arrow) || arrow != "=>")
            continue;
        if (!(words >> path) || path == "not")
            return fail(ErrorKind::lab, "needs " + soname + ", which the loader does not find",
                        program.string());
        needs.libraries.emplace(soname, path);
    }
    return needs;
}

} // namespace vtpmlab::image
