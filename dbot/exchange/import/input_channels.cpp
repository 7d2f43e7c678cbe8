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

std::string adapt_channels(at::Tensor& weights, std::vector<double>& mean, std::vector<double>& std,
                           std::int64_t channels) {
  const std::int64_t stored = weights.size(1);
  if (stored == channels) return {};
  mean = adapted(mean, channels);
  std = adapted(std, channels);
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

std::string adapt_channels(LoadedEncoder& encoder, std::int64_t channels) {
  EncoderDescription& description = encoder.description;
  std::string rule = adapt_channels(encoder.parameters.at("patch_embed.proj.weight"),
                                    description.mean, description.std, channels);
  description.config.channels = channels;
  return rule;
}

}  // namespace dbot::exchange
