#pragma once
// The axes of a scenario and the combinations they give, without the excluded ones.

#include "scenario/yaml.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {

inline constexpr std::size_t most_combinations = 4096;

struct Cell {
    std::string name; // "tpm=1.2-tis,asked_by=flavor"; empty without a matrix
    Located values;   // axis → value
};

// All combinations in the order of the file, the last axis changing fastest; one empty cell without
// a matrix; none after a fault, which `report` has got by then. `document` has the right shape.
[[nodiscard]] std::vector<Cell>
matrix_cells(const Document& document,
             const std::function<void(const Place&, std::string, std::string)>& report);

} // namespace vtpmlab::scenario
