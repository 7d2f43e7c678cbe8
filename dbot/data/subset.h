#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// A selection of another data set, in the given order.
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> base,
                                      std::vector<std::int64_t> indices);

/// A seeded choice of so many samples, in the order of the data; all where there are no more, or
/// for `most` 0.
std::shared_ptr<const Dataset> limited(std::shared_ptr<const Dataset> base, std::int64_t most,
                                       std::uint64_t seed);

}  // namespace dbot::data
