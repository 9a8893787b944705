// What is put into a TPM and a disk to know them again.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> witness_verbs() {
    return {{"plant-witness",
             "put a witness into the guest's TPM (NV index, boot counter, key, sealed "
             "objects, an extended PCR) and onto its disk",
             map_of({server(),
                     may("in", one_of({"TPM and disk", "disk"}),
                         "what the witness is put into; default 'TPM and disk'"),
                     timeout("60s")}),
             {{"ek_fingerprint", "SHA-256 of the endorsement key's public part, if it is asked"}}},
            {"expect-witness",
             "the planted witness is as one table says it must be after that operation",
             map_of({server(),
                     needs("after", text(),
                           "operation of the table, such as 'hard reboot', and nothing since"),
                     may("of", text(), "id of the server it was planted in; default this one"),
                     timeout("60s")}),
             {{"found", "same, reset, new, gone, unreadable or unknown, by thing"}}}};
}

} // namespace vtpmlab::scenario
