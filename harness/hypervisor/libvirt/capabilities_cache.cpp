#include "hypervisor/libvirt/capabilities_cache.h"

#include "core/files.h"

#include <vtpmlab/cloud_spec.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

Status copy_missing(const fs::path& from, const fs::path& to) {
    std::error_code code;
    for (auto at = fs::directory_iterator(from, code); !code && at != fs::directory_iterator();
         at.increment(code)) {
        const fs::path target = to / at->path().filename();
        if (at->path().extension() != ".xml" || fs::exists(target, code))
            continue;
        VTPMLAB_TRY(const std::string text, read_file(at->path()));
        VTPMLAB_CHECK(make_directories(to));
        VTPMLAB_CHECK(write_file(target, text, FileMode::owner_only));
    }
    return {};
}

// Does the line name a model of QEMU's that is not among these?
bool names_another_model(std::string_view line, const std::set<TpmModel>& models) {
    return std::ranges::any_of(HostSpec().tpm_models, [&](const TpmModel model) {
        return !models.contains(model) &&
               line.find(fmt::format("'{}'", to_string(model))) != line.npos;
    });
}

std::string without_other_models(std::string_view text, const std::set<TpmModel>& models) {
    std::string kept;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size() - 1) + 1;
        const auto line = text.substr(begin, end - begin);
        if (!names_another_model(line, models))
            kept += line;
        begin = end;
    }
    return kept;
}

} // namespace

void load_capabilities(const fs::path& kept, const fs::path& known) {
    if (!kept.empty())
        (void)copy_missing(kept, known);
}

void keep_capabilities(const fs::path& known, const fs::path& kept) {
    if (kept.empty())
        return;
    std::error_code code;
    for (auto at = fs::directory_iterator(known, code); !code && at != fs::directory_iterator();
         at.increment(code)) {
        const fs::path target = kept / at->path().filename();
        const auto text = read_file(at->path());
        const auto old = read_file(target);
        if (text && (!old || *old != *text) && make_directories(kept))
            (void)write_file(target, *text, FileMode::owner_only);
    }
}

Result<bool> leave_only_tpm_models(const fs::path& known, const std::set<TpmModel>& models) {
    bool is_changed = false;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(known, code)) {
        VTPMLAB_TRY(const std::string text, read_file(entry.path()));
        const std::string left = without_other_models(text, models);
        if (left == text)
            continue;
        VTPMLAB_CHECK(write_file(entry.path(), left, FileMode::owner_only));
        is_changed = true;
    }
    return is_changed;
}

} // namespace vtpmlab
