#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dbot::app {

/// What --labels says: a share of the training labels or a number a class, and a word or file where
/// they come from.
struct WantedLabels {
  double share = 1;
  std::int64_t per_class = 0;  // 0: by share
  std::string from;
};

/// Throws UsageError for texts that are none of these.
WantedLabels wanted_labels(const std::vector<std::string>& texts);

}  // namespace dbot::app
