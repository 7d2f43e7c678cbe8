#include "dbot/nn/masked/masked_network.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "dbot/nn/convolution/convolution_network.h"
#include "dbot/nn/convolution/resnet.h"
#include "dbot/nn/convolution/small_convnet.h"

namespace dbot::nn {
namespace {

std::vector<MaskedLayer> dense_layers(const MaskedNetworkConfig& config) {
  std::vector<MaskedLayer> layers;
  layers.reserve(config.hidden.size() + 1);
  std::int64_t inputs = config.inputs;
  const auto add = [&](std::int64_t outputs) {
    // The ReLUs between them have numbers, too.
    layers.push_back(dense_layer(fmt::format("linear.{}", 2 * layers.size()), inputs, outputs));
    inputs = outputs;
  };
  for (const std::int64_t width : config.hidden) add(width);
  add(config.outputs);
  return layers;
}

std::vector<MaskedLayer> plane_layers(const MaskedNetworkConfig& config) {
  std::vector<MaskedLayer> layers;
  for (const ConvolutionLayer& layer : convolution_layers(config.convolution)) {
    layers.push_back(planes_layer(layer));
  }
  layers.push_back(dense_layer("linear", config.convolution.width(), config.outputs));
  return layers;
}

std::vector<MaskedLayer> text_layers(const MaskedNetworkConfig& config) {
  std::vector<MaskedLayer> layers;
  layers.reserve(config.kernels.size() + 1);
  for (const std::int64_t kernel : config.kernels) {
    layers.push_back(sequence_layer(fmt::format("conv{}", layers.size() + 1), config.embedding,
                                    config.filters, kernel, config.length));
  }
  const auto widths = static_cast<std::int64_t>(config.kernels.size());
  layers.push_back(dense_layer("linear", widths * config.filters, config.outputs));
  return layers;
}

BatchNormTensors norm_tensors(const runtime::NamedTensors& norms, const std::string& name) {
  return {.weight = {},
          .bias = {},
          .running_mean = norms.at(name + ".running_mean"),
          .running_var = norms.at(name + ".running_var"),
          .batches = norms.at(name + ".num_batches_tracked")};
}

}  // namespace

std::vector<MaskedLayer> masked_layers(const MaskedNetworkConfig& config) {
  switch (config.kind) {
    case MaskedNetworkKind::planes:
      return plane_layers(config);
    case MaskedNetworkKind::text:
      return text_layers(config);
    case MaskedNetworkKind::dense:
      break;
  }
  return dense_layers(config);
}

MaskedNetwork::MaskedNetwork(MaskedNetworkConfig config)
    : config_(std::move(config)), layers_(masked_layers(config_)) {}

std::int64_t MaskedNetwork::elements() const {
  return std::accumulate(layers_.begin(), layers_.end(), std::int64_t{0},
                         [](auto sum, const auto& layer) { return sum + layer.elements(); });
}

at::Tensor MaskedNetwork::features(const at::Tensor& x, const ApplyPlace& apply) const {
  const std::size_t head = layers_.size() - 1;
  if (config_.kind == MaskedNetworkKind::planes) {
    const ApplyLayer by_name = [&](const std::string& name, const at::Tensor& input) {
      const auto found = std::ranges::find(layers_, name, &MaskedLayer::name);
      return apply(static_cast<std::size_t>(found - layers_.begin()), input);
    };
    // Rows of pixels, as the reference has them: the gradient of a filter of one weight in front of
    // a BatchNorm is 0 but for rounding, which Adam makes steps of.
    const at::Tensor pixels = x.contiguous();
    const at::Tensor planes = config_.convolution.is_chain()
                                  ? chain_planes(config_.convolution, pixels, by_name)
                                  : resnet_planes(config_.convolution, pixels, by_name);
    return planes.mean({2, 3});
  }
  if (config_.kind == MaskedNetworkKind::text) {
    const at::Tensor sequence = x.transpose(1, 2);
    std::vector<at::Tensor> largest;
    largest.reserve(head);
    for (std::size_t i = 0; i < head; ++i) {
      largest.push_back(at::amax(at::relu(apply(i, sequence)), {2}));
    }
    return at::cat(largest, 1);
  }
  at::Tensor hidden = x.flatten(1);
  for (std::size_t i = 0; i < head; ++i) hidden = apply(i, i == 0 ? hidden : at::relu(hidden));
  return hidden;
}

MaskedPass MaskedNetwork::forward(const at::Tensor& x, const MaskedWeight& weight,
                                  const runtime::NamedTensors& norms, at::ScalarType compute,
                                  NormMode mode) const {
  const ApplyPlace apply = [&](std::size_t place, const at::Tensor& input) {
    const MaskedLayer& layer = layers_.at(place);
    const at::Tensor result = apply_masked(layer, input, weight(place), compute);
    if (layer.norm.empty()) return result;
    return batch_norm(result, norm_tensors(norms, layer.norm), mode);
  };
  MaskedPass pass{.features = features(x, apply), .logits = {}};
  const bool dense = config_.kind == MaskedNetworkKind::dense;
  pass.logits = apply(layers_.size() - 1, dense ? at::relu(pass.features) : pass.features);
  return pass;
}

}  // namespace dbot::nn
