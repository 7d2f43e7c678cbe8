#include "dbot/methods/shown_pixels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace dbot::methods {

at::Tensor shown_pixels(const at::Tensor& normalised, const std::vector<double>& mean,
                        const std::vector<double>& std, std::int64_t channels) {
  at::Tensor pixels = normalised.cpu().to(at::kFloat);
  if (!mean.empty()) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(pixels.dim()), 1);
    shape.at(static_cast<std::size_t>(channels)) = -1;
    const auto of_channels = [&](const std::vector<double>& values) {
      return at::tensor(values, pixels.options()).view(shape);
    };
    pixels = pixels * of_channels(std) + of_channels(mean);
  }
  return pixels.clamp(0, 1);
}

}  // namespace dbot::methods
