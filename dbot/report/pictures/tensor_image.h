#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/data/image/image.h"

namespace dbot::report {

/// uint8 [1 or 3 channels, height, width] as an RGB image.
data::Image image_of(const at::Tensor& pixels);

/// The channels that are shown of pixels [images, channels, height, width]: `chosen` ones, else the
/// first three of many, and of two the first.
at::Tensor shown_channels(const at::Tensor& pixels, const std::vector<std::int64_t>& chosen);

/// Normalised values [batch, channels, height, width] as pixels again, uint8, rounded and clamped.
at::Tensor pixels_of(const at::Tensor& normalised, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace dbot::report
