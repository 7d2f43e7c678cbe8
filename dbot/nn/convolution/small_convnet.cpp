#include "dbot/nn/convolution/small_convnet.h"

#include <ATen/ops/relu.h>
#include <fmt/format.h>

#include <string>

namespace dbot::nn {
namespace {

/// Of a convolution; its BatchNorm has the next number, the ReLU behind that has none to learn.
std::string place_name(std::size_t layer, std::size_t place) {
  return fmt::format("features.{}", 3 * layer + place);
}

}  // namespace

std::vector<ConvolutionLayer> chain_layers(const ConvolutionConfig& config) {
  std::vector<ConvolutionLayer> layers;
  core::Size size = config.image_size;
  std::int64_t inputs = config.channels;
  for (std::size_t i = 0; i < config.widths.size(); ++i) {
    size = convolved_size(size, config.strides.at(i));
    layers.push_back({.name = place_name(i, 0),
                      .norm = place_name(i, 1),
                      .inputs = inputs,
                      .outputs = config.widths[i],
                      .kernel = 3,
                      .stride = config.strides[i],
                      .size = size});
    inputs = config.widths[i];
  }
  return layers;
}

at::Tensor chain_planes(const ConvolutionConfig& config, const at::Tensor& images,
                        const ApplyLayer& apply) {
  at::Tensor x = images;
  for (std::size_t i = 0; i < config.widths.size(); ++i) x = at::relu(apply(place_name(i, 0), x));
  return x;
}

}  // namespace dbot::nn
