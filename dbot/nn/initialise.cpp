#include "dbot/nn/initialise.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <variant>

#include "dbot/core/random.h"
#include "dbot/nn/position_table.h"

namespace dbot::nn {
namespace {

/// Writes a start into `tensor`, whose elements are `values`.
struct Fill {
  const at::Tensor& tensor;
  std::span<float> values;
  core::Random random;

  /// One value of `draw(random)` each.
  template <typename Draw>
  void each(const Draw& draw) {
    for (float& value : values) value = static_cast<float>(draw(random));
  }

  void operator()(const starts::Constant& start) {
    std::ranges::fill(values, static_cast<float>(start.value));
  }
  void operator()(const starts::Uniform& start) {
    each([&](core::Random& draws) { return draws.uniform(-start.bound, start.bound); });
  }
  void operator()(const starts::Normal& start) {
    each([&](core::Random& draws) { return start.deviation * draws.normal(); });
  }
  void operator()(const starts::TruncatedNormal& start) {
    each([&](core::Random& draws) {
      double normal = draws.normal();
      while (std::abs(normal) > 1) normal = draws.normal();
      return start.scale * start.deviation * normal;
    });
  }
  void operator()(const starts::Signed& start) {
    each([&](core::Random& draws) { return std::copysign(start.magnitude, draws.uniform(-1, 1)); });
  }
  void operator()(const starts::PositionTable& start) {
    tensor.copy_(
        sincos_table_2d(tensor.size(-1), start.grid, start.rows_first).view(tensor.sizes()));
  }
};

}  // namespace

void fill_parameter(const at::Tensor& value, const ParameterSpec& spec, std::uint64_t seed,
                    std::uint32_t stage) {
  const c10::NoGradGuard no_graph;
  const std::span<float> values(value.mutable_data_ptr<float>(),
                                static_cast<std::size_t>(value.numel()));
  const core::Random random({.seed = seed,
                             .purpose = core::Purpose::initialisation,
                             .stage = stage,
                             .epoch = 0,
                             .sample = core::name_key(spec.name)});
  std::visit(Fill{value, values, random}, spec.start);
}

}  // namespace dbot::nn
