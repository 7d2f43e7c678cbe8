#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// A selection of another data set, in the given order.
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> base,
                                      std::vector<std::int64_t> indices);

}  // namespace dbot::data
