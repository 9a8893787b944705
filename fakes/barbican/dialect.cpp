// Barbican's error bodies {code, title, description}.

#include "barbican/routes.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::barbican {

namespace {

class BarbicanDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request&) const override {
        return http::Response::json(
            fault.status,
            {{"code", fault.status},
             {"title",
              fault.title.empty() ? std::string(http::status_title(fault.status)) : fault.title},
             {"description", fault.message}});
    }
    // Pecan says nothing about these two.
    http::Fault not_found(const http::Request&) const override { return {404, {}, {}, {}, {}}; }
    http::Fault method_not_allowed(const http::Request& request,
                                   const std::vector<std::string>& allowed) const override {
        auto fault = http::Dialect::method_not_allowed(request, allowed);
        fault.message.clear();
        return fault;
    }
    http::Fault malformed_json(const http::Request&) const override {
        return {400, "Malformed JSON", {}, {}, {}};
    }
    // Where JSON is read, the cut-off body is what is wrong.
    http::Fault too_large(const http::Request& request) const override {
        return malformed_json(request);
    }
    http::Fault internal(const http::Request&) const override {
        return {500, "Operation failure seen - please contact site administrator.", {}, {}, {}};
    }
};

} // namespace

std::shared_ptr<const http::Dialect> dialect() { return std::make_shared<BarbicanDialect>(); }

} // namespace vtpmlab::fakes::barbican
