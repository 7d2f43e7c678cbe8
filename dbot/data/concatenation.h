#pragma once

#include <memory>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// Data sets one behind another; one alone is itself. The classes are those of all, by name and
/// sorted; if a part has none, the whole is unlabelled.
std::shared_ptr<const Dataset> concatenate(std::vector<std::shared_ptr<const Dataset>> parts);

}  // namespace dbot::data
