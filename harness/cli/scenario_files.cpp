#include "cli/scenario_files.h"

#include "scenario/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

bool is_yaml(const fs::path& path) {
    return path.extension() == ".yaml" || path.extension() == ".yml";
}

Result<std::vector<fs::path>> below(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    auto entry = fs::recursive_directory_iterator(folder, code);
    for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
        std::error_code ignored;
        if (is_yaml(entry->path()) && entry->is_regular_file(ignored))
            files.push_back(entry->path());
    }
    if (code)
        return fail(ErrorKind::usage,
                    fmt::format("cannot read '{}': {}", folder.string(), code.message()), {},
                    "name a folder whose folders you may read, or the files themselves");
    if (files.empty())
        return fail(ErrorKind::usage, fmt::format("there is no scenario in '{}'", folder.string()),
                    {}, "scenarios are files that end in .yaml");
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

Result<std::vector<fs::path>> find_scenarios(const std::vector<std::string>& paths) {
    std::vector<fs::path> all;
    for (const auto& text : paths) {
        const fs::path path = text;
        std::error_code code;
        const auto status = fs::status(path, code);
        if (!fs::exists(status))
            return fail(ErrorKind::usage, fmt::format("there is no '{}'", text), {},
                        "name a scenario file, or a folder with scenarios in it");
        if (!fs::is_directory(status)) {
            all.push_back(path);
            continue;
        }
        VTPMLAB_TRY(auto files, below(path));
        all.insert(all.end(), files.begin(), files.end());
    }
    std::vector<fs::path> unique;
    std::set<fs::path> seen;
    for (auto& path : all) {
        std::error_code code;
        const fs::path same = fs::weakly_canonical(path, code);
        if (seen.insert(code ? path : same).second)
            unique.push_back(std::move(path));
    }
    return unique;
}

LoadedScenarios load_scenarios(const std::vector<fs::path>& paths) {
    LoadedScenarios loaded;
    for (const auto& path : paths) {
        auto file = scenario::check(path);
        if (file) {
            loaded.files.push_back(
                std::make_shared<const scenario::ScenarioFile>(std::move(*file)));
            continue;
        }
        ++loaded.wrong_files;
        for (auto& error : file.error())
            loaded.errors.push_back(std::move(error));
    }
    return loaded;
}

} // namespace vtpmlab::cli
