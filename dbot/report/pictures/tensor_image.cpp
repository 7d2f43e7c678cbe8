#include "dbot/report/pictures/tensor_image.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "dbot/report/pictures/canvas.h"

namespace dbot::report {

data::Image image_of(const at::Tensor& pixels) {
  const at::Tensor rows = pixels.permute({1, 2, 0}).contiguous();
  data::Image image{static_cast<int>(rows.size(0)),
                    static_cast<int>(rows.size(1)),
                    static_cast<int>(rows.size(2)),
                    {}};
  const auto* values = rows.const_data_ptr<std::uint8_t>();
  image.pixels.assign(values, values + rows.numel());
  return as_rgb(image);
}

at::Tensor shown_channels(const at::Tensor& pixels, const std::vector<std::int64_t>& chosen) {
  if (!chosen.empty()) return pixels.index_select(1, at::tensor(chosen, at::kLong));
  const std::int64_t channels = pixels.size(1);
  return channels == 1 ? pixels : pixels.narrow(1, 0, channels == 2 ? 1 : 3);
}

at::Tensor pixels_of(const at::Tensor& normalised, const std::vector<double>& mean,
                     const std::vector<double>& std) {
  const auto by_channel = [](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).view({1, -1, 1, 1});
  };
  const at::Tensor values = normalised.to(at::kDouble) * by_channel(std) + by_channel(mean);
  return (values * 255.0).round().clamp(0, 255).to(at::kByte);
}

}  // namespace dbot::report
