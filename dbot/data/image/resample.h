#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dbot/ops/cpu/kernels/pixel_kernels.h"

namespace dbot::data {

using ops::kWeightBits;

/// The taps of antialiased bicubic interpolation (a = −0.5) along one axis: output i is the sum of
/// `count[i]` inputs from `first[i]` on, weighted by row i of `weights`. The kernel widens with the
/// downscale factor; weights are fixed point with `kWeightBits` fractional bits and equal Pillow's.
class FilterTaps {
 public:
  /// Outputs spread evenly over the stretch from `begin` to `end` of an axis of `inputs` pixels
  /// (pixel i lies between i and i + 1); no tap is outside the axis.
  void set_bicubic(int inputs, double begin, double end, int outputs);

  /// For the kernels; valid until the next change.
  ops::LineTaps lines() const;

  int first(int output) const { return first_[static_cast<std::size_t>(output)]; }
  int count(int output) const { return count_[static_cast<std::size_t>(output)]; }
  const std::int32_t* row(int output) const {
    return weights_.data() + static_cast<std::size_t>(output) * row_length_;
  }

 private:
  void split_weights();

  std::size_t row_length_ = 0, outputs_ = 0;
  std::vector<double> exact_;  // one row, before rounding
  std::vector<std::int32_t> first_, count_;
  std::vector<std::int32_t> weights_;     // [outputs, row_length], row_length is even
  std::vector<std::int32_t> high_, low_;  // [outputs, row_length / 2]
};

}  // namespace dbot::data
