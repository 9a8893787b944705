#pragma once
// Evidence about a server's TPM, and where it comes from. At guest depth the guest itself is asked,
// judged, and its whole report kept beside the case; at model depth there is no guest, and all that
// can be said is what the domain XML asks for. The two never look alike.

#include "runner/case_context.h"

#include <vtpmlab/evidence.h>
#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::runner {

struct GuestEvidence {
    GuestReport report;
    Verdict verdict;
};

// Asks the guest of `server`, waiting for its boot; writes probe-SERVER.json. Guest depth only.
[[nodiscard]] Result<GuestEvidence> ask_guest(CaseContext& context, const std::string& server,
                                              Deadline deadline);

// One operation of the server's probe: the guest's, waiting for its boot; at model depth what
// stands in for it.
[[nodiscard]] Result<nlohmann::json> ask_probe(CaseContext& context, const std::string& server,
                                               std::string_view op, const nlohmann::json& params,
                                               Deadline deadline);

// What the domain XML asks for; nothing without a <tpm>. The version and model words of libvirt.
struct DomainClaim {
    std::string version;
    std::string model;
    std::string secret;
};
[[nodiscard]] Result<std::optional<DomainClaim>> read_domain(CaseContext& context,
                                                             const std::string& server);

} // namespace vtpmlab::runner
