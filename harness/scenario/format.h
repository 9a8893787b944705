#pragma once
// The shape of a whole scenario file, and of its parts.

#include "scenario/shape.h"

namespace vtpmlab::scenario {

[[nodiscard]] const Shape& file_shape();

} // namespace vtpmlab::scenario
