// The TPM a guest sees.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> tpm_verbs() {
    return {
        {"expect-tpm",
         "ask the guest: it has this TPM, and all witnesses agree",
         map_of({server(), needs("version", one_of({"1.2", "2.0"}), "TPM version"),
                 needs("model", one_of({"tpm-tis", "tpm-crb"}), "device model"), timeout("60s")}),
         {{"version", "TPM version"},
          {"model", "device model"},
          {"ek_fingerprint", "SHA-256 of the endorsement key's public part"},
          {"report", "everything the guest reported"}}},
        {"expect-no-tpm",
         "ask the guest: no node, no driver, no table, no answer",
         map_of({server(), timeout("60s")}),
         {{"report", "everything the guest reported"}}},
        {"expect-distinct-tpms",
         "no two servers share endorsement key, secret or passphrase",
         map_of({needs("servers", list_of(text(), 2), "ids of the servers"), timeout("60s")}),
         {{"ek_fingerprints", "one for each server"}}}};
}

} // namespace vtpmlab::scenario
