#include "process/descendants.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

std::optional<pid_t> number_in(std::string_view text) {
    pid_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

// The fourth field of /proc/PID/stat; the second is a name in parentheses which may hold anything.
std::optional<pid_t> parent_of(const fs::path& process) {
    std::ifstream stream(process / "stat");
    std::string text;
    std::getline(stream, text);
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string::npos || text.size() < name_end + 5)
        return std::nullopt;
    const std::size_t begin = name_end + 4; // past the state
    return number_in(std::string_view(text).substr(begin, text.find(' ', begin) - begin));
}

// Each argument ends with a NUL.
std::vector<std::string> command_of(pid_t pid) {
    std::ifstream stream("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
    std::vector<std::string> command;
    // One that ends meanwhile makes the reading fail, which getline() bears.
    for (std::string argument; std::getline(stream, argument, '\0');)
        command.push_back(argument);
    return command;
}

} // namespace

std::vector<RunningProcess> descendants_of(pid_t root) {
    std::multimap<pid_t, pid_t> children;
    std::error_code code;
    for (auto at = fs::directory_iterator("/proc", code); !code && at != fs::directory_iterator();
         at.increment(code))
        if (const auto pid = number_in(at->path().filename().native()))
            if (const auto parent = parent_of(at->path()))
                children.emplace(*parent, *pid);
    std::vector<RunningProcess> found{{root, 0, {}}};
    for (std::size_t at = 0; at < found.size(); ++at) {
        const pid_t parent = found[at].pid;
        const auto [first, last] = children.equal_range(parent);
        for (auto child = first; child != last; ++child)
            found.push_back({child->second, parent, command_of(child->second)});
    }
    found.erase(found.begin());
    return found;
}

} // namespace vtpmlab
