// The JSON Schema for editors and the loader come from one table of shapes; these tests hold them
// together from outside, with another implementation of JSON Schema as the judge.

#include "golden.h"
#include "scenario/format.h"
#include "scenario/json_schema.h"
#include "scenario/load.h"
#include "scenario/shape_check.h"
#include "scenario/yaml.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <random>
#include <string>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

class JsonSchema {
public:
    JsonSchema() {
        const json text = json::parse(json_schema_text());
        valijson::SchemaParser(valijson::SchemaParser::kDraft7)
            .populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema_);
    }
    bool accepts(const json& tree) {
        return validator_.validate(schema_, valijson::adapters::NlohmannJsonAdapter(tree), nullptr);
    }

private:
    valijson::Schema schema_;
    valijson::Validator validator_;
};

Located tree_of(const std::filesystem::path& path) {
    const auto document = read_yaml(SourceText(path.string(), content_of(path)));
    return document ? document->tree : Located{};
}

// The first fault of the shape alone, or nothing.
std::string shape_fault(const json& tree) {
    std::string first;
    check_shape(file_shape(), Located{tree, {}, {}},
                {[&](const Place&, const std::string& message, const std::string&) {
                     if (first.empty())
                         first = message;
                 },
                 {}});
    return first;
}

TEST(JsonSchemaFile, IsWhatTheLoaderChecksWith) {
    expect_golden(source_root() / "scenarios/schema/scenario.schema.json", json_schema_text());
}

TEST(JsonSchemaFile, AcceptsEveryGoodScenario) {
    JsonSchema schema;
    for (const auto& directory : {test_data() / "good", source_root() / "scenarios"})
        for (const auto& path : yaml_files(directory)) {
            EXPECT_TRUE(check(path)) << path;
            EXPECT_TRUE(schema.accepts(tree_of(path).value)) << path;
        }
}

TEST(JsonSchemaFile, RefusesWhatTheFirstLineOfABadScenarioSays) {
    JsonSchema schema;
    int refused = 0;
    for (const auto& path : yaml_files(test_data() / "bad")) {
        const std::string first = content_of(path).substr(0, content_of(path).find('\n'));
        if (first == "# schema: is not asked, for there is no tree") {
            EXPECT_FALSE(read_yaml(SourceText("x", content_of(path)))) << path;
            continue;
        }
        const bool accepts = schema.accepts(tree_of(path).value);
        EXPECT_EQ(first, accepts ? "# schema: accepts" : "# schema: refuses") << path;
        refused += accepts ? 0 : 1;
    }
    EXPECT_GT(refused, 30);
}

// One change to a random place of the tree.
class Mutation {
public:
    explicit Mutation(unsigned seed) : random_(seed) {}

    json of(json tree) {
        json* const at = pick(tree);
        switch (below(5)) {
        case 0:
            *at = some_value();
            break;
        case 1:
            if (at->is_structured() && !at->empty())
                at->erase(std::next(at->begin(), static_cast<long>(below(at->size()))));
            break;
        case 2:
            if (at->is_object() && !at->empty()) {
                const auto old = std::next(at->begin(), static_cast<long>(below(at->size())));
                const std::string key = old.key();
                json value = old.value();
                at->erase(key);
                (*at)[below(2) == 0 ? key + "x" : key.substr(1)] = std::move(value);
            }
            break;
        case 3:
            if (at->is_object())
                (*at)[some_key()] = some_value();
            else if (at->is_array())
                at->push_back(some_value());
            break;
        default:
            if (at->is_array() && !at->empty())
                at->push_back(at->front());
        }
        return tree;
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    json* pick(json& tree) {
        json* at = &tree;
        while (at->is_structured() && !at->empty() && below(5) != 0)
            at = &*std::next(at->begin(), static_cast<long>(below(at->size())));
        return at;
    }
    json some_value() {
        static const std::vector<json> values = {nullptr,
                                                 true,
                                                 5,
                                                 -1,
                                                 0,
                                                 1.5,
                                                 "",
                                                 "x",
                                                 "2.0",
                                                 "90s",
                                                 "ACTIVE",
                                                 "two words",
                                                 "${{ flavor.id }}",
                                                 json::array(),
                                                 json::object(),
                                                 json::array({"a"}),
                                                 json::array({1, "b"}),
                                                 {{"a", 1}},
                                                 {{"server", "s1"}}};
        return values[below(values.size())];
    }
    std::string some_key() {
        static const std::vector<std::string> keys = {
            "extra", "by",   "as",      "expect",  "server-show", "expect-nothing-left",
            "A B",   "host", "timeout", "exclude", "microversion"};
        return keys[below(keys.size())];
    }

    std::mt19937 random_;
};

TEST(JsonSchemaFile, AgreesWithTheLoaderOnMutatedScenarios) {
    JsonSchema schema;
    int accepted = 0, refused = 0;
    for (const auto& path : yaml_files(test_data() / "good")) {
        const json good = tree_of(path).value;
        Mutation mutation(7);
        for (int round = 0; round < rounds(60); ++round) {
            const json tree = mutation.of(good);
            const std::string fault = shape_fault(tree);
            const bool accepts = schema.accepts(tree);
            EXPECT_EQ(accepts, fault.empty()) << fault << "\n" << tree.dump(1);
            ++(accepts ? accepted : refused);
            // JSON is YAML: what the whole loader takes, the schema takes.
            const bool loads = static_cast<bool>(check_text("mutated.yaml", tree.dump(1)));
            EXPECT_TRUE(!loads || accepts) << tree.dump(1);
        }
    }
    EXPECT_GT(accepted, 10) << "mutations that hurt too much prove nothing";
    EXPECT_GT(refused, 10);
}

} // namespace
} // namespace vtpmlab::scenario
