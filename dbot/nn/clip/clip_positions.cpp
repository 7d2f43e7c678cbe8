#include "dbot/nn/clip/clip_positions.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <numeric>
#include <utility>
#include <vector>

#include "dbot/nn/position_table.h"

namespace dbot::nn {
namespace {

/// [places, width] and [steps, width] → [steps·places, width], step by step.
at::Tensor summed(const at::Tensor& places, const at::Tensor& steps) {
  return (places.unsqueeze(0) + steps.unsqueeze(1)).flatten(0, 1);
}

}  // namespace

at::Tensor sincos_clip_table(const ClipConfig& config, std::int64_t width) {
  std::vector<double> steps(static_cast<std::size_t>(config.steps()));
  std::iota(steps.begin(), steps.end(), 0.0);
  const at::Tensor places = sincos_table_2d(width, config.encoder.grid());
  const at::Tensor tokens = summed(places.slice(0, 1), sincos_table_1d(width, steps));
  return config.prefix() > 0 ? at::cat({places.slice(0, 0, 1), tokens}) : tokens;
}

ClipPositionTable::ClipPositionTable(const ClipConfig& config, std::string part, std::int64_t width,
                                     const ParameterStore& parameters)
    : kind_(config.positions), with_class_(config.prefix() > 0), part_(std::move(part)) {
  if (kind_ != ClipPositions::sincos) return;
  computed_ = sincos_clip_table(config, width)
                  .to(at::kFloat)
                  .to(at::Device(parameters.device()))
                  .unsqueeze(0);
}

at::Tensor ClipPositionTable::rows(const ParameterStore& parameters) const {
  if (kind_ == ClipPositions::sincos) return computed_;
  if (kind_ == ClipPositions::learned) return parameters.at(part_ + "pos_embed");
  const at::Tensor tokens = summed(parameters.at(part_ + "pos_embed_spatial").squeeze(0),
                                   parameters.at(part_ + "pos_embed_temporal").squeeze(0))
                                .unsqueeze(0);
  return with_class_ ? at::cat({parameters.at(part_ + "pos_embed_class"), tokens}, 1) : tokens;
}

}  // namespace dbot::nn
