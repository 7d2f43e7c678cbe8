#include "dbot/exchange/import/input_channels.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

namespace dbot::exchange {

std::string adapt_channels(LoadedEncoder& encoder, std::int64_t channels) {
  const std::int64_t stored = encoder.description.config.channels;
  if (stored == channels) return {};
  at::Tensor& weights = encoder.parameters.at("patch_embed.proj.weight");
  encoder.description.config.channels = channels;
  encoder.description.mean.clear();
  encoder.description.std.clear();
  if (channels == 1) {
    weights = weights.sum(1, /*keepdim=*/true).contiguous();
    return fmt::format("weights of {} channels are summed for one", stored);
  }
  const std::int64_t times = (channels + stored - 1) / stored;
  const double scale = static_cast<double>(stored) / static_cast<double>(channels);
  weights = (weights.repeat({1, times, 1, 1}).narrow(1, 0, channels) * scale).contiguous();
  return fmt::format("weights of {} channels are repeated in turn for {} and scaled by {}/{}",
                     stored, channels, stored, channels);
}

}  // namespace dbot::exchange
