#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dbot/nn/convolution/batch_norm.h"
#include "dbot/nn/convolution/convolution_config.h"
#include "dbot/nn/masked/masked_layers.h"

// Networks of masked layers: ExSSNeT's. docs/methods/exssnet.md §3.
namespace dbot::nn {

enum class MaskedNetworkKind {
  dense,   // layers one behind the other with ReLU between: LeNet, or a head on frozen features
  planes,  // a ResNet or a chain of convolutions, its mean over all places, and a dense head
  text,    // convolutions of several widths side by side, their maxima, and a dense head
};

struct MaskedNetworkConfig {
  MaskedNetworkKind kind = MaskedNetworkKind::dense;
  std::int64_t outputs = 10;  // of the head: the most classes of a task

  // dense
  std::int64_t inputs = 784;
  std::vector<std::int64_t> hidden{300, 100};
  // planes
  ConvolutionConfig convolution = {};
  // text: [length, embedding] for each sample
  std::int64_t length = 256, embedding = 300, filters = 200;
  std::vector<std::int64_t> kernels{3, 4, 5};
};

/// All layers, the head last: linear.0, linear.2, … of a dense network; conv1, layer1.0.conv1, …
/// and linear of planes, BatchNorms under torchvision's names; conv1, conv2, … and linear of text.
std::vector<MaskedLayer> masked_layers(const MaskedNetworkConfig& config);

struct MaskedPass {
  /// float32 [batch, width]: what the head sees; of dense layers before the last ReLU, as the
  /// reference compares them.
  at::Tensor features;
  at::Tensor logits;  // float32 [batch, outputs]
};

/// What a layer is multiplied with: the weights under a task's mask, by the layer's place.
using MaskedWeight = std::function<at::Tensor(std::size_t layer)>;

class MaskedNetwork {
 public:
  explicit MaskedNetwork(MaskedNetworkConfig config);

  const MaskedNetworkConfig& config() const { return config_; }
  const std::vector<MaskedLayer>& layers() const { return layers_; }
  /// Weights of all layers.
  std::int64_t elements() const;
  std::int64_t feature_width() const { return layers_.back().shape[1]; }

  /// x: float32 [batch, …], flattened by a dense network; of text [batch, length, embedding].
  /// `norms` holds the running values of the task's BatchNorms by name.
  MaskedPass forward(const at::Tensor& x, const MaskedWeight& weight,
                     const runtime::NamedTensors& norms, at::ScalarType compute,
                     NormMode mode) const;

 private:
  using ApplyPlace = std::function<at::Tensor(std::size_t layer, const at::Tensor& x)>;
  at::Tensor features(const at::Tensor& x, const ApplyPlace& apply) const;

  MaskedNetworkConfig config_;
  std::vector<MaskedLayer> layers_;
};

}  // namespace dbot::nn
