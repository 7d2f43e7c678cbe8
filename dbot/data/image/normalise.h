#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/ops/image_patches.h"

namespace dbot::data {

/// uint8 [batch, channels, height, width] with what makes (pixel/255 − mean)/std of them, on the
/// tensor's device. Throws UsageError for another type, or for another number of channels.
ops::Images images(const at::Tensor& pixels, const std::vector<double>& mean,
                   const std::vector<double>& std);

/// The same as float32.
at::Tensor normalise(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace dbot::data
