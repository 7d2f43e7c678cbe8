#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dbot::data {

/// The taps of antialiased bicubic interpolation (a = −0.5) along one axis: output i is the sum of
/// `count[i]` inputs from `first[i]` on, weighted by row i of `weights`. The kernel widens with the
/// downscale factor; weights are fixed point with `weight_bits` fractional bits and equal Pillow's.
struct FilterTaps {
  int row_length = 0;  // of `weights`
  std::vector<std::int32_t> first, count;
  std::vector<std::int32_t> weights;  // [outputs, row_length]

  const std::int32_t* row(int output) const {
    return weights.data() + static_cast<std::size_t>(output) * row_length;
  }
};

inline constexpr int weight_bits = 32 - 8 - 2;  // 8 bits of pixel, 2 of overshoot

FilterTaps bicubic_taps(int inputs, int outputs);

}  // namespace dbot::data
