#include "dbot/nn/convolution/resnet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <fmt/format.h>

#include <functional>
#include <string>
#include <utility>

namespace dbot::nn {
namespace {

/// Where a block stands, and what it makes of its input.
struct Block {
  std::string name;  // "layer1.0"
  std::int64_t inputs, inner, outputs, stride;

  bool projects() const { return stride != 1 || inputs != outputs; }
};

/// Calls `visit` for all blocks, in their order.
void for_blocks(const ConvolutionConfig& config, const std::function<void(const Block&)>& visit) {
  std::int64_t inputs = config.base_width;
  for (std::size_t stage = 0; stage < config.blocks.size(); ++stage) {
    const std::int64_t inner = config.base_width << stage;
    const std::int64_t outputs = inner * (config.bottleneck ? 4 : 1);
    for (std::int64_t block = 0; block < config.blocks[stage]; ++block) {
      visit({.name = fmt::format("layer{}.{}", stage + 1, block),
             .inputs = inputs,
             .inner = inner,
             .outputs = outputs,
             .stride = block == 0 && stage > 0 ? 2 : 1});
      inputs = outputs;
    }
  }
}

/// Adds layers one behind the other.
class LayerChain {
 public:
  explicit LayerChain(core::Size size) : size_(size) {}

  void add(std::string name, std::string norm, std::int64_t inputs, std::int64_t outputs,
           std::int64_t kernel, std::int64_t stride) {
    size_ = convolved_size(size_, stride);
    layers_.push_back({.name = std::move(name),
                       .norm = std::move(norm),
                       .inputs = inputs,
                       .outputs = outputs,
                       .kernel = kernel,
                       .stride = stride,
                       .size = size_});
  }
  /// Beside the others: what comes next begins where the last one of them ended.
  void add_beside(core::Size from, std::string name, std::string norm, std::int64_t inputs,
                  std::int64_t outputs, std::int64_t stride) {
    const core::Size end = std::exchange(size_, from);
    add(std::move(name), std::move(norm), inputs, outputs, /*kernel=*/1, stride);
    size_ = end;
  }
  void pool(std::int64_t stride) { size_ = convolved_size(size_, stride); }
  core::Size size() const { return size_; }
  std::vector<ConvolutionLayer> take() { return std::move(layers_); }

 private:
  core::Size size_;
  std::vector<ConvolutionLayer> layers_;
};

void add_block(const Block& block, bool bottleneck, LayerChain& chain) {
  const core::Size from = chain.size();
  const auto add = [&](int number, std::int64_t inputs, std::int64_t outputs, std::int64_t kernel,
                       std::int64_t stride) {
    chain.add(fmt::format("{}.conv{}", block.name, number),
              fmt::format("{}.bn{}", block.name, number), inputs, outputs, kernel, stride);
  };
  if (bottleneck) {
    add(1, block.inputs, block.inner, 1, 1);
    add(2, block.inner, block.inner, 3, block.stride);
    add(3, block.inner, block.outputs, 1, 1);
  } else {
    add(1, block.inputs, block.inner, 3, block.stride);
    add(2, block.inner, block.inner, 3, 1);
  }
  if (!block.projects()) return;
  chain.add_beside(from, block.name + ".downsample.0", block.name + ".downsample.1", block.inputs,
                   block.outputs, block.stride);
}

}  // namespace

std::vector<ConvolutionLayer> resnet_layers(const ConvolutionConfig& config) {
  LayerChain chain(config.image_size);
  const bool large = config.stem == Stem::imagenet;
  chain.add("conv1", "bn1", config.channels, config.base_width, large ? 7 : 3, large ? 2 : 1);
  if (large) chain.pool(2);
  for_blocks(config, [&](const Block& block) { add_block(block, config.bottleneck, chain); });
  return chain.take();
}

at::Tensor resnet_planes(const ConvolutionConfig& config, const at::Tensor& images,
                         const ApplyLayer& apply) {
  at::Tensor x = at::relu(apply("conv1", images));
  if (config.stem == Stem::imagenet) x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
  for_blocks(config, [&](const Block& block) {
    at::Tensor y = at::relu(apply(block.name + ".conv1", x));
    y = apply(block.name + ".conv2", y);
    if (config.bottleneck) y = apply(block.name + ".conv3", at::relu(y));
    x = at::relu(y + (block.projects() ? apply(block.name + ".downsample.0", x) : x));
  });
  return x;
}

}  // namespace dbot::nn
