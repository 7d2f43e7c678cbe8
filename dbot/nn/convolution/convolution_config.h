#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::nn {

/// How a network begins. imagenet: 7×7 convolution of stride 2 and a max-pool of stride 2; cifar:
/// 3×3 of stride 1 and no max-pool, for images of 32 pixels.
enum class Stem { imagenet, cifar };

/// A residual network as torchvision has it (He et al., arXiv 1512.03385), or a chain of 3×3
/// convolutions. docs/methods/siamese.md §2.
struct ConvolutionConfig {
  core::Size image_size{224, 224};
  std::int64_t channels = 3;

  // Of a residual network.
  Stem stem = Stem::imagenet;
  std::int64_t base_width = 64;  // channels of its first stage; doubled in each next
  std::vector<std::int64_t> blocks{2, 2, 2, 2};  // of its stages
  bool bottleneck = false;                       // blocks of three convolutions, four times as wide

  // Of a chain.
  std::vector<std::int64_t> widths = {};   // channels behind each convolution; empty: no chain
  std::vector<std::int64_t> strides = {};  // of each

  bool is_chain() const { return !widths.empty(); }
  /// Features of an image.
  std::int64_t width() const;
  bool operator==(const ConvolutionConfig&) const = default;
};

/// ResNet-18 and ResNet-50.
ConvolutionConfig resnet18_config();
ConvolutionConfig resnet50_config();
/// A chain of such widths: strides 1, 2, 2, 2, ….
ConvolutionConfig chain_config(std::vector<std::int64_t> widths);

/// "ResNet-18", "ResNet", "chain of 4 convolutions".
std::string network_name(const ConvolutionConfig& config);

/// Throws UsageError unless sizes are positive and strides are as many as widths.
void check(const ConvolutionConfig& config);

}  // namespace dbot::nn
