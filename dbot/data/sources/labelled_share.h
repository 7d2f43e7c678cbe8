#pragma once

#include <cstdint>
#include <memory>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// A share of the images of each class, rounded, at least one of each; drawn by the seed.
/// Unlabelled images are left out. `share` is above 0 and at most 1.
std::shared_ptr<const Dataset> labelled_share(std::shared_ptr<const Dataset> dataset, double share,
                                              std::uint64_t seed);

/// The same with `count` images of each class, or all where it has fewer. `count` is above 0.
std::shared_ptr<const Dataset> labelled_per_class(std::shared_ptr<const Dataset> dataset,
                                                  std::int64_t count, std::uint64_t seed);

}  // namespace dbot::data
