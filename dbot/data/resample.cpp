#include "dbot/data/resample.h"

#include <algorithm>
#include <cmath>

namespace dbot::data {
namespace {

/// Keys' cubic convolution kernel with a = −0.5, support 2, in the order of operations of Pillow.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

}  // namespace

FilterTaps bicubic_taps(int inputs, int outputs) {
  const double scale = static_cast<double>(inputs) / outputs;
  const double widening = std::max(scale, 1.0);
  const double support = 2 * widening;
  FilterTaps taps;
  taps.row_length = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.first.resize(outputs);
  taps.count.resize(outputs);
  taps.weights.resize(static_cast<std::size_t>(outputs) * taps.row_length);
  std::vector<double> weights(taps.row_length);
  for (int i = 0; i < outputs; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int count = std::min(inputs, static_cast<int>(centre + support + 0.5)) - first;
    double sum = 0;
    for (int t = 0; t < count; ++t) {
      weights[t] = bicubic((t + first - centre + 0.5) * (1 / widening));
      sum += weights[t];
    }
    auto* row = taps.weights.data() + static_cast<std::size_t>(i) * taps.row_length;
    for (int t = 0; t < count; ++t) {
      const double weight = sum != 0 ? weights[t] / sum : weights[t];
      row[t] = static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << weight_bits));
    }
    taps.first[i] = first;
    taps.count[i] = count;
  }
  return taps;
}

}  // namespace dbot::data
