#pragma once
// A value against its shape: every fault at once, each at its place.

#include "scenario/located.h"
#include "scenario/shape.h"

#include <vtpmlab/error.h>

#include <functional>
#include <string>

namespace vtpmlab::scenario {

// How faults become errors: with the line and a caret while loading, with the place alone later.
struct FaultSink {
    std::function<void(const Place& place, std::string message, std::string hint)> report;
    // How the value at a place was written, if that is known and it was not a text.
    std::function<const std::string*(const Place& place)> literal;
};

void check_shape(const Shape& shape, const Located& tree, const FaultSink& sink);

} // namespace vtpmlab::scenario
