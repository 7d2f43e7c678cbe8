#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace dbot::data {

/// uint8 [batch, channels, height, width] → float32 (pixel/255 − mean)/std, on the tensor's device.
at::Tensor normalise(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace dbot::data
