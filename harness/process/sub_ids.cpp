#include "process/sub_ids.h"

#include "core/files.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <vector>

namespace vtpmlab {
namespace {

// The ids of system users such as tss must be among the mapped ones, and libvirt-qemu is 64055.
constexpr std::uint32_t enough_ids = 65535;

template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::vector<std::string_view> fields(std::string_view line) {
    std::vector<std::string_view> result;
    while (true) {
        const auto colon = line.find(':');
        result.push_back(line.substr(0, colon));
        if (colon == std::string_view::npos)
            return result;
        line.remove_prefix(colon + 1);
    }
}

Result<IdRange> sub_ids_in(const char* file, std::string_view user, uid_t uid) {
    const auto text = read_file(file);
    const auto range = text ? find_sub_ids(*text, user, uid) : std::nullopt;
    const std::string hint = fmt::format(
        "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}", user);
    if (!range)
        return fail(ErrorKind::lab, fmt::format("user {} has no sub-ids in {}", user, file), {},
                    hint);
    if (range->count < enough_ids)
        return fail(ErrorKind::lab,
                    fmt::format("user {} has only {} sub-ids in {}, and {} are needed", user,
                                range->count, file, enough_ids),
                    {}, hint);
    return *range;
}

} // namespace

std::optional<IdRange> find_sub_ids(std::string_view text, std::string_view user, uid_t uid) {
    std::optional<IdRange> largest;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        const auto parts = fields(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        if (parts.size() != 3 || (parts[0] != user && parts[0] != std::to_string(uid)))
            continue;
        const auto first = number<std::uint32_t>(parts[1]);
        const auto count = number<std::uint32_t>(parts[2]);
        if (first && count && (!largest || *count > largest->count))
            largest = IdRange{*first, *count};
    }
    return largest;
}

Result<IdMaps> id_maps_of_caller() {
    const uid_t uid = ::geteuid();
    std::string name = user_name(uid);
    if (name.starts_with("uid "))
        name = std::to_string(uid);
    VTPMLAB_TRY(const IdRange users, sub_ids_in("/etc/subuid", name, uid));
    VTPMLAB_TRY(const IdRange groups, sub_ids_in("/etc/subgid", name, uid));
    return IdMaps{uid, ::getegid(), users, groups};
}

std::string user_name(uid_t uid) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> buffer(16384);
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return found->pw_name;
    return fmt::format("uid {}", uid);
}

} // namespace vtpmlab
