#include "dbot/nn/backbone.h"

#include <algorithm>

namespace dbot::nn {

std::string summary_feature(const Backbone& backbone) {
  const std::vector<std::string> names = backbone.feature_names();
  const auto mean = std::ranges::find(names, "mean");
  return mean == names.end() ? names.front() : *mean;
}

}  // namespace dbot::nn
