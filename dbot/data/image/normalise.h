#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/ops/clip_patches.h"
#include "dbot/ops/image_patches.h"

namespace dbot::data {

/// uint8 [batch, channels, height, width] with what makes (pixel/255 − mean)/std of them, on the
/// tensor's device. Throws UsageError for another type, or for another number of channels.
ops::Images images(const at::Tensor& pixels, const std::vector<double>& mean,
                   const std::vector<double>& std);

/// The same of clips, uint8 [batch, channels, frames, height, width].
ops::Clips clips(const at::Tensor& pixels, const std::vector<double>& mean,
                 const std::vector<double>& std);

/// Images as float32.
at::Tensor normalise(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace dbot::data
