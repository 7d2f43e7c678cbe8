#pragma once

#include <memory>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// All samples of tasks at once, one task behind the other: labels of the second one follow those
/// of the first, and so on. Classes are those of all in this order, and so may come again. A sample
/// of several tasks is there as often. Each task is labelled throughout.
std::shared_ptr<const Dataset> all_at_once(std::vector<std::shared_ptr<const Dataset>> tasks);

}  // namespace dbot::data
