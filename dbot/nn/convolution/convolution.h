#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// A square convolution without a bias, and the name of the BatchNorm behind it.
struct ConvolutionLayer {
  std::string name, norm;  // "layer1.0.conv1", "layer1.0.bn1"
  std::int64_t inputs = 1, outputs = 1;
  std::int64_t kernel = 3, stride = 1;  // the padding keeps the size, but for the stride
  core::Size size = {};                 // of its result, for an image of the network's size

  std::int64_t padding() const { return kernel / 2; }
  /// Multiply-adds of one image.
  double multiply_adds() const;
  /// Numbers of its result for one image.
  double elements() const;
};

/// Rows or columns of a result: ⌈side / stride⌉ for odd kernels.
core::Size convolved_size(core::Size size, std::int64_t stride);

/// name.weight [outputs, inputs, kernel, kernel]. It starts normal with deviation √(2/fan of the
/// outputs), as torchvision's networks do.
ParameterSpec convolution_parameter(const ConvolutionLayer& layer);

/// x: [batch, inputs, height, width], multiplied in the type `compute`. Returns float32.
at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const ConvolutionLayer& layer,
                       at::ScalarType compute);

/// Applies the convolution of that name and its BatchNorm.
using ApplyLayer = std::function<at::Tensor(const std::string& name, const at::Tensor& x)>;

}  // namespace dbot::nn
