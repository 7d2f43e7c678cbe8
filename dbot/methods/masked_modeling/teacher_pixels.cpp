#include "dbot/methods/masked_modeling/teacher_pixels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <cstdint>

namespace dbot::methods {

ops::Images renormalised(const ops::Images& images, const PixelStatistics& from,
                         const PixelStatistics& to, data::ChannelScales& scales) {
  if (to.mean.empty() || from == to) return images;
  if (images.pixels.scalar_type() == at::kByte) {
    return scales.images(images.pixels, to.mean, to.std);
  }
  if (from.mean.empty()) return images;
  const auto channels = [&](const std::vector<double>& values) {
    return at::tensor(values, images.pixels.options())
        .view({1, static_cast<std::int64_t>(values.size()), 1, 1});
  };
  const at::Tensor pixels = images.pixels * channels(from.std) + channels(from.mean);
  return (pixels - channels(to.mean)) / channels(to.std);
}

}  // namespace dbot::methods
