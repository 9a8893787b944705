#pragma once
// How one service talks when something goes wrong: the form of its error bodies and the words for
// the refusals the kit makes by itself. Each service overrides what it says differently; the
// defaults are sensible JSON.

#include "http/fault.h"
#include "http/message.h"
#include "http/microversion.h"
#include "http/schema.h"

#include <string>
#include <vector>

namespace vtpmlab::http {

class Dialect {
public:
    Dialect() = default;
    Dialect(const Dialect&) = delete;
    Dialect& operator=(const Dialect&) = delete;
    virtual ~Dialect() = default;

    // The one function that makes an error's body.
    [[nodiscard]] virtual Response render(const Fault& fault, const Request& request) const;

    // The words. Status, text and code; `render` does the rest.
    [[nodiscard]] virtual Fault not_found(const Request& request) const;
    [[nodiscard]] virtual Fault method_not_allowed(const Request& request,
                                                   const std::vector<std::string>& allowed) const;
    [[nodiscard]] virtual Fault malformed_json(const Request& request) const;
    [[nodiscard]] virtual Fault schema_violation(const Request& request,
                                                 const SchemaViolation& violation) const;
    [[nodiscard]] virtual Fault too_large(const Request& request) const;
    [[nodiscard]] virtual Fault bad_microversion(const Request& request,
                                                 const MicroversionRefusal& refusal,
                                                 const MicroversionRange& range) const;
    [[nodiscard]] virtual Fault internal(const Request& request) const;
    // Of the token middleware, which is the same in front of most services; so is its body.
    [[nodiscard]] virtual Response unauthorized(const Request& request,
                                                std::string_view keystone_url) const;
};

} // namespace vtpmlab::http
