#include "process/file_tree.h"

#include "core/text.h"
#include "process/sandbox.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <charconv>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Trees here are small; what takes longer hangs.
constexpr auto longest_run = 60s;

Result<std::string> host_program_output(std::vector<std::string> arguments) {
    ProcessSpec spec;
    VTPMLAB_TRY(spec.program, host_program());
    spec.arguments = std::move(arguments);
    spec.directory = "/";
    VTPMLAB_TRY(Completed completed, run_to_end(spec, longest_run));
    if (!completed.status.is_success()) {
        Error error;
        error.message = fmt::format("vtpmlab-host {} failed: {}", spec.arguments.front(),
                                    completed.status.text());
        error.causes.push_back(printable(completed.output, 1024));
        return fail(std::move(error));
    }
    return std::move(completed.output);
}

template <typename T>
bool take_number(std::string_view& text, T& value, int base) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (code != std::errc() || end == text.data() + text.size() || *end != ' ')
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

} // namespace

Result<std::vector<FileEntry>> list_file_tree(const fs::path& tree) {
    VTPMLAB_TRY(const std::string text, host_program_output({"list", tree}));
    return parse_entries(text);
}

Status copy_file_tree(const fs::path& tree, const fs::path& destination) {
    VTPMLAB_CHECK(host_program_output({"copy", tree, destination}));
    return {};
}

Status remove_file_tree(const fs::path& tree) {
    VTPMLAB_CHECK(host_program_output({"remove", tree}));
    return {};
}

Status move_file_tree(const fs::path& tree, const fs::path& destination, uid_t user, gid_t group) {
    VTPMLAB_CHECK(host_program_output(
        {"move", tree, destination, std::to_string(user), std::to_string(group)}));
    return {};
}

std::string format_entry(const FileEntry& entry, const std::string& head_hex) {
    return fmt::format("{:o} {} {} {} {}", entry.mode, entry.uid, entry.size_bytes,
                       head_hex.empty() ? "-" : head_hex, entry.path.string()) +
           '\0';
}

Result<std::vector<FileEntry>> parse_entries(std::string_view text) {
    std::vector<FileEntry> entries;
    while (!text.empty()) {
        std::string_view one = text.substr(0, text.find('\0'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        FileEntry entry;
        const std::string_view whole = one;
        const bool has_numbers = take_number(one, entry.mode, 8) &&
                                 take_number(one, entry.uid, 10) &&
                                 take_number(one, entry.size_bytes, 10);
        const auto space = one.find(' ');
        const auto head = one.substr(0, space);
        const auto bytes = head == "-" ? std::vector<unsigned char>() : unhex(head);
        if (!has_numbers || space == std::string_view::npos || !bytes)
            return fail(ErrorKind::lab,
                        fmt::format("vtpmlab-host list printed what is no entry: {}",
                                    printable(whole, 200)));
        entry.head = *bytes;
        entry.path = one.substr(space + 1);
        entries.push_back(std::move(entry));
    }
    return entries;
}

} // namespace vtpmlab
