#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/data/image/image.h"

namespace dbot::report {

/// uint8 [channels, height, width] as an RGB image.
data::Image image_of(const at::Tensor& pixels);

/// Normalised values [batch, channels, height, width] as pixels again, uint8, rounded and clamped.
at::Tensor pixels_of(const at::Tensor& normalised, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace dbot::report
