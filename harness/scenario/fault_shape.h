#pragma once
// The shape of a fault in a scenario, made from the grammar's own table (fakes/faults), so that
// both take the same.

#include "scenario/shape.h"

namespace vtpmlab::scenario {

[[nodiscard]] Shape fault_shape();

} // namespace vtpmlab::scenario
