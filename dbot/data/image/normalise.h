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

/// The same where they come again and again: what pixels are multiplied with and what is added is
/// made once for a device, not for each batch. Not for several threads at once.
class ChannelScales {
 public:
  ops::Images images(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std);
  ops::Clips clips(const at::Tensor& pixels, const std::vector<double>& mean,
                   const std::vector<double>& std);

 private:
  std::vector<double> mean_, std_;  // of the constants
  at::Tensor scale_, shift_;        // float32 [channels]
};

/// Images as float32.
at::Tensor normalise(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace dbot::data
