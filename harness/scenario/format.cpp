#include "scenario/format.h"

#include "scenario/build_shape.h"
#include "scenario/fault_shape.h"
#include "scenario/verbs.h"

#include <vtpmlab/release_profile.h>

namespace vtpmlab::scenario {
namespace {

using namespace build;

Shape host_shape() {
    Shape name = matching("[a-z0-9]([a-z0-9-]*[a-z0-9])?", "a host name such as 'compute-1'");
    return map_of(
        {may("name", std::move(name), "host name; default compute-1"),
         may("swtpm_enabled", boolean(), "nova.conf [libvirt] swtpm_enabled; default true"),
         may("swtpm_user", text(), "user swtpm runs as; default tss"),
         may("swtpm_group", text(), "its group; default tss"),
         may("supported_tpm_secret_security", list_of(one_of({"user", "host", "deployment"})),
             "nova.conf [libvirt] supported_tpm_secret_security; default all three"),
         may("virt_type", one_of({"kvm", "qemu", "lxc"}),
             "nova.conf [libvirt] virt_type; default kvm"),
         may("release", one_of(release_names()),
             "of its compute service, as far as it reports: traits and version; default the "
             "cloud's"),
         may("tpm_models", list_of(one_of({"tpm-tis", "tpm-crb"}), 1),
             "what its QEMU can do; default both"),
         may("swtpm_programs", one_of({"all", "setup only", "none"}),
             "what is installed; default all, and at guest depth always"),
         may("vcpus", integer(1, 1024), "inventory; default 8"),
         may("memory_mib", integer(1, 1 << 24), "inventory; default 8192"),
         may("disk_gib", integer(0, 1 << 20), "inventory; default 100")},
        "a host");
}

constexpr long most_bytes = 1L << 50;

Shape cloud_shape() {
    Shape hosts = list_of(host_shape(), 1);
    hosts.maximum = 1000;
    return map_of(
        {may("hosts", std::move(hosts), "the compute hosts; default one"),
         may("quota_driver", one_of({"noop", "unified-limits"}),
             "how the compute API checks quota; default noop"),
         may("key_manager_in_catalog", boolean(), "is there a key-manager endpoint; default true"),
         may("barbican_policy", one_of({"legacy", "new"}),
             "Barbican's default policy (enforce_new_defaults); default legacy"),
         may("barbican_policy_nova_secret_access", boolean(),
             "Atmosphere's option: role service reads every secret; default false"),
         may("barbican_policy_admin_secret_access", boolean(),
             "Atmosphere's option: admins read every secret; default false"),
         may("barbican_policy_file", text(),
             "the operator's policy.yaml, its text: wins over the three before it"),
         may("token_expiration", integer(1, 1 << 20),
             "keystone.conf, in seconds: how long a token is good; default 3600"),
         may("image_size_cap", integer(1, most_bytes),
             "glance-api.conf, in bytes: larger uploads are refused; default 1 TiB"),
         may("user_storage_quota", integer(0, most_bytes),
             "glance-api.conf, in bytes: of a project's images together unless it is 0, the "
             "default"),
         may("allow_resize_to_same_host", boolean(), "nova.conf; default false"),
         may("reclaim_instance_interval", integer(0, 1 << 20),
             "nova.conf, in seconds: delete is soft unless it is 0, the default"),
         may("resume_guests_state_on_host_boot", boolean(), "nova.conf; default false"),
         may("resize_confirm_window", integer(0, 1 << 20),
             "nova.conf, in seconds: a resize confirms itself unless it is 0, the default"),
         may("service_user", boolean(), "nova.conf has [service_user]; default true"),
         may("shares_disks", boolean(),
             "disks are rbd volumes that every host sees; default false"),
         may("os_traits_release", text(), "of the os-traits Placement has; default \"3.3.0\""),
         may("members_may_migrate", boolean(),
             "policy: members migrate the servers of their project; default false")},
        "cloud");
}

// Value names become part of a case's name, which becomes a directory and a ctest name.
constexpr const char* value_name = "[A-Za-z0-9][A-Za-z0-9_.:+-]*";
constexpr const char* value_name_says =
    "a value's name: letters, digits and _.:+-, beginning with a letter or digit";

Shape matrix_shape() {
    Shape names = literal(map_to(anything(), 1));
    names.pattern = value_name;
    names.pattern_says = value_name_says;
    names.title = "an axis";
    Shape exclusion = literal(map_to(literal(scalar()), 1));
    Shape matrix = map_to(literal(either({literal(list_of(literal(scalar()), 1)), names})), 1);
    matrix.fields = {may("exclude", literal(list_of(std::move(exclusion), 1)),
                         "combinations that are left out: axis → value's name")};
    matrix.pattern = "[a-z][a-z0-9_]*";
    matrix.pattern_says = "an axis name such as 'asked_by'";
    matrix.title = "matrix";
    return literal(std::move(matrix));
}

Shape step_shape() {
    const auto names = personas();
    Shape step = map_of(
        {may("by", one_of({names.begin(), names.end()}), "persona that does it; default owner"),
         may("as", literal(matching("[a-z][a-z0-9_-]*", "a binding's name such as 'flavor'")),
             "name the result is bound to, for ${{ name.field }}"),
         may("expect", literal(map_to(anything(), 1)), "tree the result must match"),
         may("name", text(), "what reports call the step; default the verb")},
        "a step");
    for (const auto& verb : verbs()) {
        Shape arguments = literal(verb.arguments);
        step.fields.push_back(may(verb.name, std::move(arguments), verb.help));
        step.exactly_one_of.push_back(verb.name);
    }
    return literal(std::move(step));
}

Shape make_file_shape() {
    Shape label = matching("[A-Za-z0-9_.:-]+", "a label: letters, digits and _.:-");
    return literal(map_of(
        {needs("scenario", literal(text()), "what is proved, in one line"),
         may("why", literal(text()), "background, for whoever reads a failure"),
         may("release", one_of(release_names()), "release profile; default gazpacho"),
         may("labels", literal(list_of(std::move(label))), "for --label; rows of the reference"),
         may("depths", literal(list_of(literal(one_of({"guest", "model"})), 1)),
             "depths it can run at; default both"),
         may("timeout", literal(duration()), "for each case; default 2m"),
         may("cloud", literal(cloud_shape()), "the simulated cloud"),
         may("faults", literal(list_of(fault_shape(), 1)),
             "what the services do wrong, from before the first step on"),
         may("matrix", matrix_shape(), "axes; every combination is a case"),
         needs("steps", literal(list_of(step_shape(), 1)), "what is done, in order")},
        "a scenario"));
}

} // namespace

const Shape& file_shape() {
    static const Shape shape = make_file_shape();
    return shape;
}

} // namespace vtpmlab::scenario
