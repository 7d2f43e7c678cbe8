#include "dbot/data/image/resample.h"

#include <algorithm>
#include <cmath>

namespace dbot::data {
namespace {

/// Keys' cubic convolution kernel with kA = −0.5, support 2, in the order of operations of Pillow.
/// Both of its pieces are computed: which one it is, is hard to foretell.
double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  const double inner = ((kA + 2) * x - (kA + 3)) * x * x + 1;
  const double outer = (((x - 5) * x + 8) * x - 4) * kA;
  return x < 1 ? inner : x < 2 ? outer : 0;
}

int rounded_as_by_pillow(double x) {
  return static_cast<int>(x + 0.5);  // NOLINT(bugprone-incorrect-roundings): towards 0 below -0.5
}

/// Two 16-bit factors in one value, the first in the lower half.
std::int32_t pair_of(std::int32_t first, std::int32_t second) {
  return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xFFFF) |
                                   static_cast<std::uint32_t>(second) << 16);
}

}  // namespace

void FilterTaps::set_bicubic(int inputs, double begin, double end, int outputs) {
  const double scale = (end - begin) / outputs;
  const double widening = std::max(scale, 1.0);
  const double support = 2 * widening;
  outputs_ = static_cast<std::size_t>(outputs);
  row_length_ = static_cast<std::size_t>(std::ceil(support)) * 2 + 2;
  exact_.resize(row_length_);
  first_.resize(outputs_);
  count_.resize(outputs_);
  weights_.assign(outputs_ * row_length_, 0);
  for (std::size_t i = 0; i < outputs_; ++i) {
    const double centre = begin + (static_cast<double>(i) + 0.5) * scale;
    const int first = std::max(0, rounded_as_by_pillow(centre - support));
    const int count = std::min(inputs, rounded_as_by_pillow(centre + support)) - first;
    for (int t = 0; t < count; ++t) {
      exact_[t] = bicubic((t + first - centre + 0.5) * (1 / widening));
    }
    double sum = 0;
    for (int t = 0; t < count; ++t) sum += exact_[t];
    auto* row = weights_.data() + i * row_length_;
    for (int t = 0; t < count; ++t) {
      const double weight = sum != 0 ? exact_[t] / sum : exact_[t];
      row[t] = static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kWeightBits));
    }
    first_[i] = first;
    count_[i] = count;
  }
  split_weights();
}

void FilterTaps::split_weights() {
  constexpr std::int32_t kLowMask = (1 << ops::kLowWeightBits) - 1;
  const std::size_t pairs = weights_.size() / 2;
  high_.resize(pairs);
  low_.resize(pairs);
  for (std::size_t i = 0; i < pairs; ++i) {
    const auto even = weights_[2 * i], odd = weights_[2 * i + 1];
    high_[i] = pair_of(even >> ops::kLowWeightBits, odd >> ops::kLowWeightBits);
    low_[i] = pair_of(even & kLowMask, odd & kLowMask);
  }
}

ops::LineTaps FilterTaps::lines() const {
  return {static_cast<int>(outputs_),
          static_cast<int>(row_length_ / 2),
          first_.data(),
          count_.data(),
          high_.data(),
          low_.data()};
}

}  // namespace dbot::data
