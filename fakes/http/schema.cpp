#include "http/schema.h"

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>

// The library's own headers are not clean under this project's warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

namespace vtpmlab::http {

struct Schema::Compiled {
    explicit Compiled(std::string_view text) {
        const auto document = nlohmann::json::parse(text);
        valijson::SchemaParser(valijson::SchemaParser::kDraft7)
            .populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema);
    }

    valijson::Schema schema;
};

namespace {

// valijson names a place as "<root>[server][name]".
std::string pointer_of(const std::string& context) {
    std::string pointer;
    std::size_t at = 0;
    while ((at = context.find('[', at)) != std::string::npos) {
        const auto end = context.find(']', at);
        if (end == std::string::npos)
            break;
        pointer += '/';
        for (const char c : context.substr(at + 1, end - at - 1))
            pointer += c == '~'   ? std::string("~0")
                       : c == '/' ? std::string("~1")
                                  : std::string(1, c);
        at = end;
    }
    return pointer;
}

} // namespace

// Compiling the schemas of the compute API took an eighth of the time of a small cloud's life. The
// texts are parts of the program, so the table has an end.
Schema::Schema(std::string_view text) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const Compiled>, std::less<>> known;
    const std::lock_guard lock(mutex);
    auto found = known.find(text);
    if (found == known.end())
        found = known.emplace(text, std::make_shared<const Compiled>(text)).first;
    compiled_ = found->second;
}

std::optional<SchemaViolation> Schema::violation(const nlohmann::json& value) const {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    try {
        if (validator.validate(compiled_->schema, valijson::adapters::NlohmannJsonAdapter(value),
                               &results))
            return std::nullopt;
    } catch (const std::exception& error) {
        return SchemaViolation{"", error.what()};
    }
    // The innermost complaint comes first and says most; but what is missing is said before what is
    // there and should not be, as that is mostly the same thing misspelt.
    SchemaViolation first{"", "the value does not match the schema"};
    bool any = false;
    for (valijson::ValidationResults::Error error; results.popError(error);) {
        const bool missing = error.description.rfind("Missing required property", 0) == 0;
        if (any && !missing)
            continue;
        std::string context;
        for (const auto& part : error.context)
            context += part;
        first = {pointer_of(context), error.description};
        any = true;
        if (missing)
            break;
    }
    return first;
}

} // namespace vtpmlab::http
