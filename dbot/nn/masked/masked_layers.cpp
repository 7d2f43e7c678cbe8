#include "dbot/nn/masked/masked_layers.h"

#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

#include "dbot/nn/convolution/batch_norm.h"

namespace dbot::nn {

std::int64_t MaskedLayer::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

double MaskedLayer::multiply_adds() const {
  return static_cast<double>(elements()) * places;
}

MaskedLayer dense_layer(std::string name, std::int64_t inputs, std::int64_t outputs) {
  return {.kind = MaskedLayerKind::dense,
          .name = std::move(name),
          .norm = {},
          .shape = {outputs, inputs}};
}

MaskedLayer planes_layer(const ConvolutionLayer& layer) {
  return {.kind = MaskedLayerKind::planes,
          .name = layer.name,
          .norm = layer.norm,
          .shape = {layer.outputs, layer.inputs, layer.kernel, layer.kernel},
          .stride = layer.stride,
          .padding = layer.padding(),
          .places = static_cast<double>(layer.size.height * layer.size.width)};
}

MaskedLayer sequence_layer(std::string name, std::int64_t inputs, std::int64_t outputs,
                           std::int64_t kernel, std::int64_t length) {
  return {.kind = MaskedLayerKind::sequence,
          .name = std::move(name),
          .norm = {},
          .shape = {outputs, inputs, kernel},
          .places = static_cast<double>(length - kernel + 1)};
}

std::vector<ParameterSpec> masked_weights(const std::vector<MaskedLayer>& layers) {
  std::vector<ParameterSpec> specs;
  specs.reserve(layers.size());
  for (const MaskedLayer& layer : layers) {
    specs.push_back({.name = layer.name + ".weight",
                     .shape = layer.shape,
                     .start = signed_constant(fans_of(layer.shape).in),
                     .decay = Decay::never});
  }
  return specs;
}

std::vector<ParameterSpec> masked_scores(const std::vector<MaskedLayer>& layers) {
  std::vector<ParameterSpec> specs;
  specs.reserve(layers.size());
  for (const MaskedLayer& layer : layers) {
    specs.push_back({.name = layer.name + ".scores",
                     .shape = layer.shape,
                     .start = fan_in_uniform(fans_of(layer.shape).in),
                     .decay = Decay::never});
  }
  return specs;
}

std::vector<ParameterSpec> masked_norms(const std::vector<MaskedLayer>& layers) {
  std::vector<ParameterSpec> specs;
  for (const MaskedLayer& layer : layers) {
    if (layer.norm.empty()) continue;
    std::ranges::move(batch_norm_buffers(layer.norm, layer.shape.front()),
                      std::back_inserter(specs));
  }
  return specs;
}

at::Tensor apply_masked(const MaskedLayer& layer, const at::Tensor& x, const at::Tensor& weight,
                        at::ScalarType compute) {
  const at::Tensor input = x.to(compute), factors = weight.to(compute);
  if (layer.kind == MaskedLayerKind::dense) return at::linear(input, factors).to(at::kFloat);
  if (layer.kind == MaskedLayerKind::sequence) return at::conv1d(input, factors).to(at::kFloat);
  const std::int64_t stride[] = {layer.stride, layer.stride};
  const std::int64_t padding[] = {layer.padding, layer.padding};
  return at::conv2d(input, factors, {}, stride, padding).to(at::kFloat);
}

double density_of(const MaskedLayer& layer, const MaskDensity& density) {
  constexpr double kDensest = 0.5;
  if (density.rule == DensityRule::normal) return density.density;
  const auto ends = static_cast<double>(layer.shape[0] + layer.shape[1]);
  return std::min(kDensest, density.scale * ends / static_cast<double>(layer.elements()));
}

}  // namespace dbot::nn
