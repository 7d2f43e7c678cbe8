#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// The same samples with some of the classes, in the given order of their places: a label is the
/// place of its class among these, −1 for any other.
std::shared_ptr<const Dataset> relabelled(std::shared_ptr<const Dataset> base,
                                          const std::vector<std::int64_t>& classes);

}  // namespace dbot::data
