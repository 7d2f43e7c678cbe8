#pragma once

#include <cstdint>
#include <memory>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// A share of the images of each class, rounded, at least one of each; drawn by the seed.
/// Unlabelled images are left out. `share` is above 0 and at most 1.
std::shared_ptr<const Dataset> labelled_share(std::shared_ptr<const Dataset> dataset, double share,
                                              std::uint64_t seed);

}  // namespace dbot::data
