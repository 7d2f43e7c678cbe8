#include "dbot/data/image/normalise.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

/// A [channels] float32 tensor on the device of `like`.
template <typename Value>
at::Tensor per_channel(std::int64_t channels, const at::Tensor& like, const Value& value) {
  auto tensor = at::empty({channels}, at::TensorOptions().dtype(at::kFloat));
  for (std::int64_t c = 0; c < channels; ++c) {
    tensor.data_ptr<float>()[c] = static_cast<float>(value(c));
  }
  return tensor.to(like.device());
}

}  // namespace

ops::Images ChannelScales::images(const at::Tensor& pixels, const std::vector<double>& mean,
                                  const std::vector<double>& std) {
  if (pixels.dim() != 4 || pixels.scalar_type() != at::kByte) {
    throw UsageError(
        fmt::format("[normalise] pixels have {} dimensions and type {}, expected uint8 [batch, "
                    "channels, height, width]",
                    pixels.dim(), at::toString(pixels.scalar_type())));
  }
  const auto channels = pixels.size(1);
  if (static_cast<std::int64_t>(mean.size()) != channels || mean.size() != std.size()) {
    throw UsageError(
        fmt::format("[normalise] data.mean has {} and data.std {} values, expected one for each of "
                    "{} channels",
                    mean.size(), std.size(), channels));
  }
  const bool known = scale_.defined() && scale_.device() == pixels.device();
  if (!known || mean != mean_ || std != std_) {
    // (p/255 − mean)/std = p · scale + shift.
    scale_ = per_channel(channels, pixels, [&](auto c) { return 1 / (255 * std[c]); });
    shift_ = per_channel(channels, pixels, [&](auto c) { return -mean[c] / std[c]; });
    mean_ = mean;
    std_ = std;
  }
  return {pixels, scale_, shift_};
}

ops::Clips ChannelScales::clips(const at::Tensor& pixels, const std::vector<double>& mean,
                                const std::vector<double>& std) {
  if (pixels.dim() != 5) {
    throw UsageError(
        fmt::format("[normalise] clips have {} dimensions, expected uint8 [batch, channels, "
                    "frames, height, width]",
                    pixels.dim()));
  }
  // The frames of a channel, one below the other, are an image.
  const ops::Images stacked = images(pixels.flatten(2, 3), mean, std);
  return {pixels, stacked.scale, stacked.shift};
}

ops::Images images(const at::Tensor& pixels, const std::vector<double>& mean,
                   const std::vector<double>& std) {
  return ChannelScales().images(pixels, mean, std);
}

ops::Clips clips(const at::Tensor& pixels, const std::vector<double>& mean,
                 const std::vector<double>& std) {
  return ChannelScales().clips(pixels, mean, std);
}

at::Tensor normalise(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std) {
  return images(pixels, mean, std).seen();
}

}  // namespace dbot::data
