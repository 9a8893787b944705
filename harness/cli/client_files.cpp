#include "cli/client_files.h"

#include <fmt/format.h>

#include <string_view>

namespace vtpmlab::cli {
namespace {

// In double quotes, as YAML has it. The texts are names, URLs and passwords made here; a quote or a
// backslash in one of them must not end it all the same.
std::string yaml_text(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

// In single quotes, in which a shell looks at nothing.
std::string shell_text(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + '\'';
}

} // namespace

std::string clouds_yaml(const std::vector<Credentials>& personas) {
    std::string text = "# Written by `vtpmlab up`. Passwords: for your eyes only.\nclouds:\n";
    for (const auto& persona : personas)
        text += fmt::format("  {}:\n"
                            "    auth:\n"
                            "      auth_url: {}\n"
                            "      username: {}\n"
                            "      password: {}\n"
                            "      project_name: {}\n"
                            "      user_domain_name: Default\n"
                            "      project_domain_name: Default\n"
                            "    region_name: RegionOne\n"
                            "    interface: public\n"
                            "    identity_api_version: 3\n",
                            persona.user, yaml_text(persona.auth_url), yaml_text(persona.user),
                            yaml_text(persona.password.reveal()), yaml_text(persona.project));
    return text;
}

std::string shell_file(const std::vector<Credentials>& personas,
                       const std::filesystem::path& clouds_file) {
    std::string names;
    for (const auto& persona : personas)
        names += (names.empty() ? "" : " ") + persona.user;
    std::string text = fmt::format("# Written by `vtpmlab up`. Passwords: for your eyes only.\n"
                                   "# . openrc [{}]\n"
                                   "case \"${{1:-owner}}\" in\n",
                                   names);
    for (const auto& persona : personas)
        text += fmt::format("{})\n"
                            "    export OS_USERNAME={} OS_PROJECT_NAME={} OS_PASSWORD={} ;;\n",
                            persona.user, shell_text(persona.user), shell_text(persona.project),
                            shell_text(persona.password.reveal()));
    const std::string auth_url = personas.empty() ? std::string() : personas.front().auth_url;
    return text + fmt::format("*)\n"
                              "    echo \"there is no persona '$1'; there are: {}\" >&2\n"
                              "    return 1 ;;\n"
                              "esac\n"
                              "export OS_AUTH_URL={} OS_AUTH_TYPE=password\n"
                              "export OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default\n"
                              "export OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=RegionOne\n"
                              "export OS_INTERFACE=public OS_CLIENT_CONFIG_FILE={}\n"
                              "unset OS_CLOUD\n",
                              names, shell_text(auth_url), shell_text(clouds_file.string()));
}

} // namespace vtpmlab::cli
