#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/nn/convolution/convolution.h"
#include "dbot/nn/convolution/convolution_config.h"

// Residual networks under torchvision's names: conv1, bn1, layerS.B.conv1, bn1, …,
// layerS.B.downsample.0 and .1. Source: torchvision's resnet.py (the stride of a bottleneck is that
// of its 3×3 convolution).
namespace dbot::nn {

/// In the order of torchvision's state dict.
std::vector<ConvolutionLayer> resnet_layers(const ConvolutionConfig& config);

/// [batch, channels, height, width] → [batch, width, rows, columns], before the mean.
at::Tensor resnet_planes(const ConvolutionConfig& config, const at::Tensor& images,
                         const ApplyLayer& apply);

}  // namespace dbot::nn
