#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/nn/convolution/convolution.h"
#include "dbot/nn/convolution/convolution_config.h"

// A chain of 3×3 convolutions, each with BatchNorm and ReLU, under the names that torchvision's VGG
// has: features.0 (convolution), features.1 (BatchNorm), features.3, features.4, ….
namespace dbot::nn {

std::vector<ConvolutionLayer> chain_layers(const ConvolutionConfig& config);

/// [batch, channels, height, width] → [batch, width, rows, columns], before the mean.
at::Tensor chain_planes(const ConvolutionConfig& config, const at::Tensor& images,
                        const ApplyLayer& apply);

}  // namespace dbot::nn
