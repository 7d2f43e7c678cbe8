#include "dbot/data/normalise.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/ops/pixel_kernels.h"

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

/// One pass over the pixels, of which nothing but the result is kept.
at::Tensor normalise_on_cpu(const at::Tensor& pixels, const std::vector<double>& mean,
                            const std::vector<double>& std) {
  const auto source = pixels.contiguous();
  auto result = at::empty(source.sizes(), at::TensorOptions().dtype(at::kFloat));
  const auto* from = source.const_data_ptr<std::uint8_t>();
  auto* to = result.data_ptr<float>();
  const auto channels = source.size(1), plane = source.size(2) * source.size(3);
  at::parallel_for(0, source.size(0) * channels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      const auto c = static_cast<std::size_t>(i % channels);
      ops::scale_pixels(from + i * plane, static_cast<std::size_t>(plane),
                        static_cast<float>(1 / (255 * std[c])),
                        static_cast<float>(-mean[c] / std[c]), to + i * plane);
    }
  });
  return result;
}

}  // namespace

ops::Images images(const at::Tensor& pixels, const std::vector<double>& mean,
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
  // (p/255 − mean)/std = p · scale + shift.
  const auto scale = per_channel(channels, pixels, [&](auto c) { return 1 / (255 * std[c]); });
  const auto shift = per_channel(channels, pixels, [&](auto c) { return -mean[c] / std[c]; });
  return {pixels, scale, shift};
}

at::Tensor normalise(const at::Tensor& pixels, const std::vector<double>& mean,
                     const std::vector<double>& std) {
  const ops::Images checked = images(pixels, mean, std);
  return pixels.is_cpu() ? normalise_on_cpu(pixels, mean, std) : checked.seen();
}

}  // namespace dbot::data
