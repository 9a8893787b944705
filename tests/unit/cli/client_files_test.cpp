#include "cli/client_files.h"

#include <gtest/gtest.h>

namespace vtpmlab::cli {
namespace {

std::vector<Credentials> personas() {
    std::vector<Credentials> all;
    all.push_back({"http://127.0.0.1:5000/v3", "admin", "admin", SecretValue("top secret")});
    all.push_back({"http://127.0.0.1:5000/v3", "owner", "demo", SecretValue(R"(it's "\ mine)")});
    return all;
}

TEST(CloudsYaml, HasAnEntryForEachPersona) {
    EXPECT_EQ(clouds_yaml(personas()), R"(# Written by `vtpmlab up`. Passwords: for your eyes only.
clouds:
  admin:
    auth:
      auth_url: "http://127.0.0.1:5000/v3"
      username: "admin"
      password: "top secret"
      project_name: "admin"
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    interface: public
    identity_api_version: 3
  owner:
    auth:
      auth_url: "http://127.0.0.1:5000/v3"
      username: "owner"
      password: "it's \"\\ mine"
      project_name: "demo"
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    interface: public
    identity_api_version: 3
)");
}

TEST(ShellFile, SetsTheVariablesOfOnePersona) {
    EXPECT_EQ(shell_file(personas(), "/tmp/x/clouds.yaml"),
              R"(# Written by `vtpmlab up`. Passwords: for your eyes only.
# . openrc [admin owner]
case "${1:-owner}" in
admin)
    export OS_USERNAME='admin' OS_PROJECT_NAME='admin' OS_PASSWORD='top secret' ;;
owner)
    export OS_USERNAME='owner' OS_PROJECT_NAME='demo' OS_PASSWORD='it'\''s "\ mine' ;;
*)
    echo "there is no persona '$1'; there are: admin owner" >&2
    return 1 ;;
esac
export OS_AUTH_URL='http://127.0.0.1:5000/v3' OS_AUTH_TYPE=password
export OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
export OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=RegionOne
export OS_INTERFACE=public OS_CLIENT_CONFIG_FILE='/tmp/x/clouds.yaml'
unset OS_CLOUD
)");
}

} // namespace
} // namespace vtpmlab::cli
