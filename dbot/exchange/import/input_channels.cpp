#include "dbot/exchange/import/input_channels.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <numeric>
#include <vector>

namespace dbot::exchange {
namespace {

/// Of each new channel, as the weights are; for one channel the mean. Empty stays empty.
std::vector<double> adapted(const std::vector<double>& values, std::int64_t channels) {
  if (values.empty()) return {};
  if (channels == 1) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    return {sum / static_cast<double>(values.size())};
  }
  std::vector<double> result;
  for (std::size_t i = 0; std::ssize(result) < channels; ++i) {
    result.push_back(values[i % values.size()]);
  }
  return result;
}

}  // namespace

std::string adapt_channels(LoadedEncoder& encoder, std::int64_t channels) {
  const std::int64_t stored = encoder.description.config.channels;
  if (stored == channels) return {};
  at::Tensor& weights = encoder.parameters.at("patch_embed.proj.weight");
  encoder.description.config.channels = channels;
  encoder.description.mean = adapted(encoder.description.mean, channels);
  encoder.description.std = adapted(encoder.description.std, channels);
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
