#include "scenario/verbs.h"

#include "scenario/build_shape.h"
#include "scenario/fault_shape.h"
#include "scenario/known_leaks.h"
#include "scenario/shape_check.h"

#include <vtpmlab/compute_control.h>
#include <vtpmlab/host_machine.h>

#include <algorithm>
#include <utility>

namespace vtpmlab::scenario {
namespace {

using namespace build;

// Extra specs and image properties: any key, the value is always a text for Nova and Glance. An
// empty text is allowed: what the API makes of it is worth a scenario.
Shape properties() { return map_to(text(0)); }

Field server() { return needs("server", text(), "id of the server"); }
Field timeout(const char* default_value) {
    return may("timeout", duration(), std::string("how long to wait; default ") + default_value);
}
Field microversion() {
    return may("microversion", matching("[0-9]+\\.[0-9]+", "a microversion such as \"2.86\""),
               "of the compute API; default the newest the release has");
}

// What every verb that makes an API call leaves behind.
std::vector<ResultField> answer(std::vector<ResultField> fields) {
    std::vector<ResultField> all = {
        {"status", "HTTP status of the answer"},
        {"message", "the API's error text; not there when it did not refuse"},
    };
    for (auto& field : fields)
        all.push_back(std::move(field));
    return all;
}

const std::vector<std::string>& server_statuses() {
    static const std::vector<std::string> statuses = {
        "ACTIVE",       "BUILD",         "DELETED",  "ERROR",
        "HARD_REBOOT",  "MIGRATING",     "PAUSED",   "REBOOT",
        "REBUILD",      "RESCUE",        "RESIZE",   "REVERT_RESIZE",
        "SHELVED",      "SHUTOFF",       "UNKNOWN",  "SHELVED_OFFLOADED",
        "SOFT_DELETED", "VERIFY_RESIZE", "SUSPENDED"};
    return statuses;
}

std::vector<ResultField> server_fields() {
    return answer({{"id", "id of the server"},
                   {"name", "its name"},
                   {"ids", "ids of all servers this request made, by name"},
                   {"server_status", "ACTIVE, ERROR, …"},
                   {"fault", "code and message, when it is in ERROR"},
                   {"host", "compute host it runs on, for an admin"}});
}

// One request as the journal has it.
std::vector<Field> call_fields() {
    return {needs("service", matching("[a-z][a-z-]*", "a service such as 'barbican'"),
                  "the service that was asked"),
            may("method", one_of({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}), "HTTP method"),
            may("path", regex(), "regular expression found in path and query"),
            may("route", text(), "template of the route: /v1/secrets/{id}"),
            may("user", text(), "name of the user whose token came with it"),
            may("project", text(), "name of that token's project"),
            may("role", text(), "a role of that token"),
            may("service_user", text(), "user of the service token beside it"),
            may("status", integer(0, 599), "HTTP status of the answer; 0: there was none"),
            may("faulty", boolean(), "did a fault act on it")};
}

// Everything that POST /servers/{id}/action does, named as the OpenStack client names it.
void add_actions(std::vector<Verb>& table) {
    const auto add = [&](const char* name, const char* help, std::vector<Field> more = {}) {
        std::vector<Field> fields = {server()};
        for (auto& field : more)
            fields.push_back(std::move(field));
        fields.push_back(microversion());
        table.push_back({name, help, map_of(std::move(fields)),
                         answer({{"image", "id of the image, when one was made"}})});
    };
    add("server-stop", "turn a server off; does not wait");
    add("server-start", "turn it on; does not wait");
    add("server-reboot", "reboot it; does not wait",
        {may("type", one_of({"SOFT", "HARD"}), "default SOFT")});
    add("server-pause", "stop its processors; does not wait");
    add("server-unpause", "let them go on; does not wait");
    add("server-suspend", "save its memory to disk; does not wait");
    add("server-resume", "go on from the saved memory; does not wait");
    add("server-lock", "let only administrators touch it");
    add("server-unlock", "let everybody touch it again");
    add("server-resize", "give it another flavor; does not wait",
        {needs("flavor", text(), "id of the flavor")});
    add("server-resize-confirm", "keep the new flavor or host; does not wait");
    add("server-resize-revert", "go back to the old flavor or host; does not wait");
    add("server-migrate", "move it, turned off, to another host; does not wait",
        {may("host", text(), "the host; for an admin")});
    add("server-migrate-live", "move it while it runs; does not wait",
        {may("host", text(), "the host; for an admin"),
         may("force", boolean(), "without asking the scheduler; 2.30 to 2.67")});
    add("server-evacuate", "rebuild it elsewhere because its host is dead; does not wait");
    add("server-rebuild", "make it anew from an image; does not wait",
        {needs("image", text(), "id of the image")});
    add("server-shelve", "save it as an image and free its host; does not wait");
    add("server-rescue", "boot it from another image; does not wait",
        {may("image", text(), "id of the image; default its own")});
    add("server-unrescue", "boot it from its own disk again; does not wait");
    add("server-image-create", "make an image of its disk; does not wait",
        {needs("name", text(), "name of the image")});
    add("server-set-state", "write a state into its record; for an admin",
        {needs("state", one_of({"active", "error"}), "the state")});
    add("server-force-delete", "delete it for good; does not wait");
    add("server-restore", "bring a softly deleted one back; does not wait");
}

std::vector<std::string> ids_of_known_leaks() {
    std::vector<std::string> ids;
    for (const auto& leak : known_leaks())
        ids.push_back(leak.id);
    return ids;
}

Field fault_name() {
    std::vector<std::string> names;
    for (const HostFault fault : all_host_faults)
        names.emplace_back(to_string(fault));
    return needs("fault", one_of(std::move(names)), "what is wrong");
}
Field host_name() { return may("host", text(), "the host; default the first"); }

// The key manager's own API, for what its policy allows to whom.
void push_secret_verbs(std::vector<Verb>& table) {
    const auto secret = [] { return needs("secret", text(), "id of the secret"); };
    const auto anonymous = [] {
        return may("anonymous", boolean(), "without a token; default false");
    };
    table.push_back({"secret-store", "store a passphrase that is made up here",
                     map_of({needs("name", text(), "its name"), anonymous()}),
                     answer({{"id", "id of the secret"}})});
    table.push_back({"secret-get", "read what is known of a secret, without its payload",
                     map_of({secret(), anonymous()}), answer({{"name", "its name"}})});
    table.push_back({"secret-get-payload",
                     "read a secret's payload; one that was stored here must come back",
                     map_of({secret(), anonymous()}), answer({})});
    table.push_back(
        {"secret-delete", "delete a secret", map_of({secret(), anonymous()}), answer({})});
    table.push_back({"secret-acl-set", "say who may read a secret besides whom the policy lets",
                     map_of({secret(),
                             may("users", list_of(one_of({personas().begin(), personas().end()})),
                                 "personas that may; default none"),
                             may("project_access", boolean(), "may its project; default true")}),
                     answer({})});
}

std::vector<ResultField> start_results() {
    return {{"refused", "true when nova-compute refused to start"},
            {"message", "Nova's own words"}};
}

// What is done to nova-compute of a host, and to the time it lives in.
void push_compute_verbs(std::vector<Verb>& table) {
    table.push_back({"compute-stop",
                     "stop nova-compute of a host; what is asked of it waits for the next start",
                     map_of({host_name()}),
                     {}});
    table.push_back(
        {"compute-kill",
         "kill nova-compute of a host, at once or after something there has done a step",
         map_of({host_name(),
                 may("after", one_of({compute_step::all.begin(), compute_step::all.end()}),
                     "the step, as the compute log names it")}),
         {}});
    table.push_back({"compute-start", "start nova-compute of a host; it goes on with what it finds",
                     map_of({host_name()}), start_results()});
    table.push_back(
        {"compute-configure",
         "write lines into a host's nova.conf, for the next start",
         map_of(
             {host_name(), may("swtpm_enabled", boolean(), "[libvirt] swtpm_enabled"),
              may("swtpm_user", text(), "[libvirt] swtpm_user; qemu.conf keeps its own"),
              may("swtpm_group", text(), "[libvirt] swtpm_group"),
              may("supported_tpm_secret_security", list_of(one_of({"user", "host", "deployment"})),
                  "[libvirt] supported_tpm_secret_security"),
              may("virt_type", one_of({"kvm", "qemu", "lxc"}), "[libvirt] virt_type")}),
         {}});
    table.push_back(
        {"expect-compute",
         "wait until nova-compute of a host is up, or down",
         map_of({host_name(), needs("state", one_of({"up", "down"}), "which"), timeout("60s")}),
         {}});
    table.push_back({"advance-clock",
                     "let time pass for all services, and what they do from time to time be done",
                     map_of({needs("by", duration(), "how much")}),
                     {}});
}

// What is done to a host from below its hypervisor.
void push_machine_verbs(std::vector<Verb>& table) {
    table.push_back({"break-host",
                     "let something on a host fail until it is mended",
                     map_of({host_name(), fault_name()}),
                     {}});
    table.push_back(
        {"mend-host", "end what break-host began", map_of({host_name(), fault_name()}), {}});
    table.push_back({"kill-process",
                     "kill the process of a server, as the kernel would",
                     map_of({server(), needs("process", one_of({"qemu", "swtpm"}), "which one")}),
                     {}});
    table.push_back({"power-off-host",
                     "pull a host's plug: guests, daemons and TPMs die, the disk stays",
                     map_of({host_name()}),
                     {}});
    table.push_back({"boot-host", "turn a host on again: libvirtd, then nova-compute",
                     map_of({host_name()}), start_results()});
    table.push_back({"restart-libvirtd",
                     "restart a host's libvirtd under its guests",
                     map_of({host_name()}),
                     {}});
    table.push_back({"lose-host-secrets",
                     "remove the files of a host's libvirt secrets by hand",
                     map_of({host_name()}),
                     {}});
}

std::vector<Verb> make_verbs() {
    std::vector<Verb> table;

    table.push_back({"flavor-create", "make a flavor, with its extra specs",
                     map_of({needs("name", text(), "name of the flavor"),
                             needs("ram", integer(1), "memory in MiB"),
                             needs("vcpus", integer(1), "virtual CPUs"),
                             needs("disk", integer(0), "root disk in GiB"),
                             may("properties", properties(), "extra specs"), microversion()}),
                     answer({{"id", "id of the flavor"},
                             {"name", "its name"},
                             {"extra_specs", "its extra specs"}})});
    table.push_back(
        {"flavor-set", "set extra specs of a flavor",
         map_of({needs("flavor", text(), "id of the flavor"),
                 needs("properties", properties(), "extra specs to set"), microversion()}),
         answer({{"extra_specs", "the extra specs as the API gives them back"}})});
    table.push_back(
        {"flavor-unset", "remove extra specs of a flavor",
         map_of({needs("flavor", text(), "id of the flavor"),
                 needs("properties", list_of(text(), 1), "names of extra specs"), microversion()}),
         answer({})});
    table.push_back({"flavor-show", "read a flavor with its extra specs",
                     map_of({needs("flavor", text(), "id of the flavor"), microversion()}),
                     answer({{"id", "id of the flavor"},
                             {"name", "its name"},
                             {"extra_specs", "its extra specs"}})});

    table.push_back(
        {"image-create", "upload a guest image",
         map_of({needs("name", text(), "name of the image"),
                 needs("from", one_of({"micro"}), "which guest to upload"),
                 may("properties", properties(), "image properties")}),
         answer(
             {{"id", "id of the image"}, {"name", "its name"}, {"properties", "its properties"}})});
    table.push_back({"image-set", "set or remove properties of an image",
                     map_of({needs("image", text(), "id of the image"),
                             may("properties", properties(), "properties to set"),
                             may("remove", list_of(text(), 1), "names of properties to remove")}),
                     answer({{"id", "id of the image"}, {"properties", "its properties"}})});

    table.push_back(
        {"server-create", "ask for a server; does not wait",
         map_of({needs("name", text(), "name of the server"),
                 needs("flavor", text(), "id of the flavor"),
                 needs("image", text(), "id of the image"),
                 may("min_count", integer(1), "how many servers at least"),
                 may("max_count", integer(1), "how many servers at most"),
                 may("host", text(), "the host it must land on; for an admin"), microversion()}),
         server_fields()});
    table.push_back(
        {"server-show", "read a server", map_of({server(), microversion()}), server_fields()});
    table.push_back(
        {"server-delete", "delete a server and wait until it is gone",
         map_of({server(), may("wait", boolean(), "false where it does not go; default true"),
                 timeout("60s")}),
         answer({})});

    add_actions(table);

    table.push_back(
        {"expect-action",
         "how a step of an action on a server ended, from its history; by an admin",
         map_of({server(), needs("action", text(), "the action: stop, migrate, …"),
                 needs("event", text(), "the step: compute_stop_instance, …"),
                 needs("result", one_of({"Success", "Error"}), "how it ended"),
                 may("details", anything(), "what the details must match"), timeout("60s")}),
         {{"result", "Success or Error"}, {"details", "the exception as shown"}}});
    table.push_back(
        {"expect-migration",
         "wait until the newest migration of a server has a status, or can get no other; by an "
         "admin",
         map_of(
             {server(),
              needs("status",
                    one_of({"finished", "confirmed", "reverted", "completed", "failed", "error"}),
                    "the status"),
              may("type", one_of({"migration", "resize", "live-migration", "evacuation"}),
                  "how it was moved"),
              may("from", text(), "the host it was on"), may("to", text(), "the host it goes to"),
              timeout("60s")}),
         {{"uuid", "of the migration: what holds the source's allocation until it is confirmed"},
          {"migration_status", "the status"},
          {"type", "how it was moved"},
          {"from", "the host it was on"},
          {"to", "the host it goes to"}}});
    table.push_back(
        {"expect-allocations",
         "the hosts on which a server, or a migration, holds something in placement; by "
         "an admin",
         map_of({needs("consumer", text(), "id of the server, or uuid of the migration"),
                 needs("hosts", list_of(text()), "names of the hosts")}),
         {{"hosts", "names of the hosts"}}});
    table.push_back(
        {"expect-finding",
         "what Nova itself leaves behind here: counted by the audits as known, and a "
         "failure when it is not there",
         map_of({needs("finding", one_of(ids_of_known_leaks()), "its id, as the README lists them"),
                 needs("store", one_of(audited_stores()), "the store it is found in"),
                 may("host", text(), "the compute host"),
                 may("count", integer(1), "how many; default 1")}),
         {}});
    table.push_back({"expect-server", "wait until a server has a status, or ERROR",
                     map_of({server(), needs("status", one_of(server_statuses()), "the status"),
                             may("fault", anything(), "tree the fault must match"),
                             may("host", text(), "compute host it must be on"), timeout("60s")}),
                     server_fields()});
    table.push_back(
        {"expect-tpm",
         "ask the guest: it has this TPM, and all witnesses agree",
         map_of({server(), needs("version", one_of({"1.2", "2.0"}), "TPM version"),
                 needs("model", one_of({"tpm-tis", "tpm-crb"}), "device model"), timeout("60s")}),
         {{"version", "TPM version"},
          {"model", "device model"},
          {"ek_fingerprint", "SHA-256 of the endorsement key's public part"},
          {"report", "everything the guest reported"}}});
    table.push_back({"expect-no-tpm",
                     "ask the guest: no node, no driver, no table, no answer",
                     map_of({server(), timeout("60s")}),
                     {{"report", "everything the guest reported"}}});
    table.push_back(
        {"expect-distinct-tpms",
         "no two servers share endorsement key, secret or passphrase",
         map_of({needs("servers", list_of(text(), 2), "ids of the servers"), timeout("60s")}),
         {{"ek_fingerprints", "one for each server"}}});
    table.push_back({"plant-witness",
                     "put a witness into the guest's TPM: NV index, boot counter, key, sealed "
                     "objects, an extended PCR",
                     map_of({server(), timeout("60s")}),
                     {{"ek_fingerprint", "SHA-256 of the endorsement key's public part"}}});
    table.push_back(
        {"expect-witness",
         "the planted witness is as one table says it must be after that operation",
         map_of({server(), needs("after", text(), "operation of the table, such as 'hard reboot'"),
                 may("of", text(), "id of the server it was planted in; default this one"),
                 timeout("60s")}),
         {{"found", "same, reset, new, gone, unreadable or unknown, by thing"}}});
    table.push_back({"guest-reboot",
                     "let the guest reboot itself, from inside, and wait until it is up again",
                     map_of({server(), timeout("60s")}),
                     {}});
    table.push_back({"expect-domain",
                     "libvirt's XML of the server's domain",
                     map_of({server(), needs("tpm", anything(),
                                             "tree the <tpm> element must match (model, version, "
                                             "secret), or {absent: true}")}),
                     {{"tpm", "model, version and secret; not there without a TPM"}}});
    table.push_back({"expect-secrets",
                     "the key manager's secrets, as the persona sees them",
                     map_of({needs("count", integer(0), "how many"),
                             may("secrets", anything(), "tree the list must match")}),
                     {{"count", "how many"}, {"secrets", "their metadata"}}});
    table.push_back(
        {"expect-host-secrets",
         "the secrets a host's libvirt holds now",
         map_of({may("host", text(), "the host; default all"),
                 needs("count", integer(0), "how many"),
                 may("secrets", anything(), "tree the list must match")}),
         {{"count", "how many"}, {"secrets", "host, uuid, usage_name, ephemeral, private"}}});
    table.push_back({"expect-tpm-state",
                     "the server's TPM state on its host's disk: encrypted, 0700, open to its own "
                     "passphrase and to no other; by whoever may read the secret",
                     map_of({server(), may("owner", text(), "whose the files are, such as tss"),
                             may("root_mode", matching("[0-7]{4}", "a mode such as \"0711\""),
                                 "of the host's swtpm directory, in octal; at guest depth alone")}),
                     {{"owner", "the user"},
                      {"mode", "of the directory, in octal; null in the model"},
                      {"root_mode", "of the host's swtpm directory; null in the model"},
                      {"encrypted", "what the header of the state says"},
                      {"opens_with_its_passphrase", "asked of swtpm"},
                      {"opens_with_another", "asked of swtpm"}}});
    std::vector<Field> counted = call_fields();
    counted.push_back(may("count", integer(0), "exactly so many"));
    counted.push_back(may("at_least", integer(0), "so many or more; default 1"));
    counted.push_back(may("at_most", integer(0), "so many or fewer"));
    table.push_back(
        {"expect-journal",
         "count the HTTP requests the services have seen",
         map_of(std::move(counted)),
         {{"count", "how many"}, {"requests", "method, path, status and user of each"}}});
    table.push_back({"expect-journal-order",
                     "requests the services have seen, in this order, others in between",
                     map_of({needs("calls", list_of(map_of(call_fields(), "a call"), 2),
                                   "what came one after another")}),
                     {{"requests", "method, path, status and user of each"}}});
    table.push_back({"fault-inject",
                     "make a service fail from now on",
                     fault_shape(),
                     {{"id", "the fault's number in the journal"}}});
    table.push_back({"fault-clear",
                     "take all faults away; each must have acted",
                     map_of({}),
                     {{"faults", "what they were, with the calls that fitted and their hits"}}});
    table.push_back({"expect-warning",
                     "the report carries a warning with this text",
                     map_of({needs("text", text(), "part of the warning")}),
                     {}});
    table.push_back({"expect-nothing-left",
                     "no server, secret, allocation, domain or TPM state is left anywhere",
                     map_of({may("stores", list_of(one_of(audited_stores()), 1),
                                 "look into these alone, while others must still hold something"),
                             timeout("30s")}),
                     {}});
    table.push_back({"trait-list", "the traits a host reports to placement",
                     map_of({needs("host", text(), "name of the host")}),
                     answer({{"traits", "their names, sorted"}})});
    table.push_back(
        {"libvirt-define",
         "define a domain with this TPM at a host's libvirt, past the API",
         map_of({may("host", text(), "the host; default the first"),
                 needs("tpm",
                       map_of({needs("version", text(), "TPM version, right or wrong"),
                               needs("model", text(), "device model, right or wrong")}),
                       "the TPM to ask for")}),
         {{"refused", "true when libvirt said no"}, {"message", "libvirt's own words"}}});

    push_secret_verbs(table);
    push_machine_verbs(table);
    push_compute_verbs(table);

    for (auto& verb : table)
        verb.arguments.title = verb.name;
    return table;
}

} // namespace

std::span<const Verb> verbs() {
    static const std::vector<Verb> table = make_verbs();
    return table;
}

const Verb* find_verb(std::string_view name) {
    const auto table = verbs();
    const auto at = std::find_if(table.begin(), table.end(),
                                 [&](const Verb& verb) { return verb.name == name; });
    return at == table.end() ? nullptr : &*at;
}

std::span<const std::string> personas() {
    static const std::vector<std::string> names = {"admin",  "owner",    "peer",        "other",
                                                   "member", "reader",   "creator",     "audit",
                                                   "nova",   "barbican", "service-only"};
    return names;
}

Status check_arguments(const Verb& verb, const Located& resolved) {
    Status status;
    const FaultSink sink{[&](const Place& place, std::string message, std::string hint) {
                             if (status)
                                 status = fail(ErrorKind::scenario, std::move(message),
                                               place.text(), std::move(hint));
                         },
                         {}};
    check_shape(verb.arguments, resolved, sink);
    return status;
}

} // namespace vtpmlab::scenario
