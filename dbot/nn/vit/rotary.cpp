#include "dbot/nn/vit/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <numbers>

namespace dbot::nn {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

/// Of the patches along one side, float64 [count].
at::Tensor coordinates(RotaryCoordinates kind, std::int64_t count, std::int64_t reference) {
  const at::Tensor places = at::arange(count, at::TensorOptions(at::kDouble));
  const auto patches = static_cast<double>(count);
  if (kind == RotaryCoordinates::centred) return (places + 0.5) / patches * 2.0 - 1.0;
  return reference > 0 ? places / patches * static_cast<double>(reference) : places;
}

at::Tensor powers(std::int64_t head_width, double base, double scale) {
  const std::int64_t count = head_width / 4;
  const at::Tensor exponents =
      at::arange(count, at::TensorOptions(at::kDouble)) / static_cast<double>(count);
  return (exponents * std::log(base)).exp() * scale;
}

}  // namespace

RotaryTable rotary_table(const Rotary& rotary, const at::Tensor& periods, Size grid) {
  const c10::NoGradGuard no_graph;
  const std::int64_t count = periods.size(0), patches = grid.height * grid.width;
  const at::Tensor turns = kTurn / periods.to(at::kDouble);
  const auto angles = [&](std::int64_t side, std::int64_t reference) {
    return coordinates(rotary.coordinates, side, reference).to(periods.device()).unsqueeze(1) *
           turns;
  };
  const at::Tensor rows = angles(grid.height, rotary.reference.height)
                              .unsqueeze(1)
                              .expand({grid.height, grid.width, count});
  const at::Tensor columns = angles(grid.width, rotary.reference.width)
                                 .unsqueeze(0)
                                 .expand({grid.height, grid.width, count});
  const at::Tensor half = at::cat({rows, columns}, 2).view({patches, 2 * count});
  const at::Tensor all = rotary.pairs == RotaryPairs::halves ? at::cat({half, half}, 1)
                                                             : half.repeat_interleave(2, /*dim=*/1);
  return {all.cos().to(at::kFloat), all.sin().to(at::kFloat)};
}

at::Tensor centred_periods(std::int64_t head_width, double base) {
  return powers(head_width, base, 1).to(at::kFloat);
}

at::Tensor index_periods(std::int64_t head_width, double base) {
  return powers(head_width, base, kTurn).to(at::kFloat);
}

}  // namespace dbot::nn
