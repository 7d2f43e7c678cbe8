#include "dbot/nn/start.h"

#include <cassert>
#include <cmath>
#include <functional>
#include <numeric>

namespace dbot::nn {

Fans fans_of(const std::vector<std::int64_t>& shape) {
  assert(shape.size() >= 2);
  const auto places = static_cast<double>(
      std::accumulate(shape.begin() + 2, shape.end(), std::int64_t{1}, std::multiplies<>()));
  return {.in = static_cast<double>(shape[1]) * places,
          .out = static_cast<double>(shape[0]) * places};
}

Start glorot_uniform(const Fans& fans) {
  return starts::Uniform{std::sqrt(6.0 / (fans.out + fans.in))};
}

Start kaiming_normal(double fan) {
  return starts::Normal{std::sqrt(2.0 / fan)};
}

Start kaiming_uniform(double fan) {
  return starts::Uniform{std::sqrt(6.0 / fan)};
}

Start fan_in_uniform(double fan_in) {
  return starts::Uniform{1.0 / std::sqrt(fan_in)};
}

Start signed_constant(double fan_in) {
  return starts::Signed{std::sqrt(2.0 / fan_in)};
}

}  // namespace dbot::nn
