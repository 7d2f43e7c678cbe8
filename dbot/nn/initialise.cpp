#include "dbot/nn/initialise.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "dbot/core/random.h"
#include "dbot/nn/position_table.h"

namespace dbot::nn {
namespace {

void fill_uniform(std::span<float> values, double bound, core::Random random) {
  for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
}

/// Normal draws of this deviation, those beyond it drawn again.
void fill_truncated(std::span<float> values, double deviation, double scale, core::Random random) {
  for (float& value : values) {
    double normal = random.normal();
    while (std::abs(normal) > 1) normal = random.normal();
    value = static_cast<float>(scale * deviation * normal);
  }
}

double xavier_bound(const ParameterSpec& spec, std::size_t count) {
  const auto rows = static_cast<double>(spec.shape.front());
  return std::sqrt(6.0 / (rows + static_cast<double>(count) / rows));
}

}  // namespace

void fill_parameter(const at::Tensor& value, const ParameterSpec& spec, std::uint64_t seed,
                    std::uint32_t stage) {
  const c10::NoGradGuard no_graph;
  const std::span<float> values(value.mutable_data_ptr<float>(),
                                static_cast<std::size_t>(value.numel()));
  core::Random random({.seed = seed,
                       .purpose = core::Purpose::initialisation,
                       .stage = stage,
                       .epoch = 0,
                       .sample = core::name_key(spec.name)});
  switch (spec.initialisation) {
    case Initialisation::zeros:
      std::ranges::fill(values, 0.0f);
      return;
    case Initialisation::ones:
      std::ranges::fill(values, 1.0f);
      return;
    case Initialisation::constant:
      std::ranges::fill(values, static_cast<float>(spec.scale));
      return;
    case Initialisation::truncated_normal_002:
      return fill_truncated(values, 0.02, spec.scale, random);
    case Initialisation::normal_002:
      for (float& v : values) v = static_cast<float>(0.02 * spec.scale * random.normal());
      return;
    case Initialisation::xavier_uniform:
      return fill_uniform(values, xavier_bound(spec, values.size()), random);
    case Initialisation::convolution_bias:
      return fill_uniform(values, 1.0 / std::sqrt(static_cast<double>(spec.fan_in)), random);
    case Initialisation::sincos_position_table:
      value.copy_(sincos_table_2d(spec.shape.back(), spec.grid).view(spec.shape));
      return;
  }
}

}  // namespace dbot::nn
