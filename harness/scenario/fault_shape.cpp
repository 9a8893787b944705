#include "scenario/fault_shape.h"

#include "faults/fault_rule_json.h"
#include "scenario/build_shape.h"

namespace vtpmlab::scenario {
namespace {

using namespace build;
using Kind = FaultField::Kind;

Shape shape_of(const FaultField& field) {
    switch (field.kind) {
    case Kind::text:
        return text();
    case Kind::word:
        return one_of(field.words);
    case Kind::integer:
        return integer(field.minimum, field.maximum);
    case Kind::time:
        return matching(std::string(fault_time_pattern), "a time such as '250ms' or '5s'");
    case Kind::flag:
        return boolean();
    case Kind::body:
        return either({text(0), map_to(anything()), list_of(anything())});
    }
    return anything();
}

} // namespace

Shape fault_shape() {
    std::vector<Field> fields;
    for (const auto& field : fault_fields())
        fields.push_back(field.name == "service" ? needs(field.name, shape_of(field), field.help)
                                                 : may(field.name, shape_of(field), field.help));
    return map_of(std::move(fields), "a fault");
}

} // namespace vtpmlab::scenario
