// What a compute host has and says, past the compute API.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> host_verbs() {
    return {{"trait-list", "the traits a host reports to placement",
             map_of({needs("host", text(), "name of the host")}),
             answer({{"traits", "their names, sorted"}})},
            {"expect-domain",
             "libvirt's XML of the server's domain",
             map_of({server(), needs("tpm", anything(),
                                     "tree the <tpm> element must match (model, version, "
                                     "secret), or {absent: true}")}),
             {{"tpm", "model, version and secret; not there without a TPM"}}},
            {"expect-host-secrets",
             "the secrets a host's libvirt holds now",
             map_of({may("host", text(), "the host; default all"),
                     needs("count", integer(0), "how many"),
                     may("secrets", anything(), "tree the list must match")}),
             {{"count", "how many"}, {"secrets", "host, uuid, usage_name, ephemeral, private"}}},
            {"expect-tpm-state",
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
              {"opens_with_another", "asked of swtpm"}}},
            {"libvirt-define",
             "define a domain with this TPM at a host's libvirt, past the API",
             map_of({may("host", text(), "the host; default the first"),
                     needs("tpm",
                           map_of({needs("version", text(), "TPM version, right or wrong"),
                                   needs("model", text(), "device model, right or wrong")}),
                           "the TPM to ask for")}),
             {{"refused", "true when libvirt said no"}, {"message", "libvirt's own words"}}}};
}

} // namespace vtpmlab::scenario
