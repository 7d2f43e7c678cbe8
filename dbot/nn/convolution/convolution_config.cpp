#include "dbot/nn/convolution/convolution_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

constexpr std::int64_t kMostStages = 16;  // widths double in each
constexpr std::int64_t kMostSide = 1 << 16;
constexpr std::int64_t kMostLayers = 4096;

[[noreturn]] void refuse(const char* key, const std::string& reason) {
  throw UsageError({.operation = "network",
                    .subject = std::string("model.") + key,
                    .fault = Fault::mismatch,
                    .reason = reason});
}

bool within(std::int64_t value, std::int64_t most) {
  return value >= 1 && value <= most;
}

bool all_within(const std::vector<std::int64_t>& values, std::int64_t most) {
  return std::ranges::all_of(values, [most](std::int64_t value) { return within(value, most); });
}

}  // namespace

std::int64_t ConvolutionConfig::width() const {
  if (is_chain()) return widths.back();
  const auto last = static_cast<std::int64_t>(blocks.size()) - 1;
  return (base_width << last) * (bottleneck ? 4 : 1);
}

ConvolutionConfig resnet18_config() {
  return {};
}

ConvolutionConfig resnet50_config() {
  ConvolutionConfig config;
  config.blocks = {3, 4, 6, 3};
  config.bottleneck = true;
  return config;
}

ConvolutionConfig chain_config(std::vector<std::int64_t> widths) {
  ConvolutionConfig config;
  config.strides.assign(widths.size(), 2);
  if (!config.strides.empty()) config.strides.front() = 1;
  config.widths = std::move(widths);
  return config;
}

std::string network_name(const ConvolutionConfig& config) {
  if (config.is_chain()) return fmt::format("chain of {} convolutions", config.widths.size());
  const std::int64_t blocks = std::accumulate(config.blocks.begin(), config.blocks.end(), 0LL);
  const std::int64_t layers = blocks * (config.bottleneck ? 3 : 2) + 2;
  const std::string name = fmt::format("ResNet-{}", layers);
  return config.base_width == 64 ? name
                                 : fmt::format("{}, {} channels wide", name, config.base_width);
}

void check(const ConvolutionConfig& config) {
  const core::Size size = config.image_size;
  if (!within(size.height, kMostSide) || !within(size.width, kMostSide)) {
    refuse("image_size",
           fmt::format("is {}x{}, expected 1 to {} pixels", size.height, size.width, kMostSide));
  }
  if (!within(config.channels, kMostSide)) {
    refuse("channels", fmt::format("is {}, expected 1 to {}", config.channels, kMostSide));
  }
  if (config.is_chain()) {
    if (config.strides.size() != config.widths.size()) {
      refuse("strides", fmt::format("has {} numbers and model.widths {}, expected as many",
                                    config.strides.size(), config.widths.size()));
    }
    if (std::ssize(config.widths) > kMostLayers || !all_within(config.widths, kMostSide) ||
        !all_within(config.strides, kMostSide)) {
      refuse("widths", fmt::format("or model.strides has a number outside 1 to {}", kMostSide));
    }
    return;
  }
  if (config.blocks.empty() || std::ssize(config.blocks) > kMostStages ||
      !all_within(config.blocks, kMostLayers)) {
    refuse("blocks", fmt::format("has {} stages, expected 1 to {} of 1 to {} blocks",
                                 config.blocks.size(), kMostStages, kMostLayers));
  }
  if (!within(config.base_width, kMostSide)) {
    refuse("base_width", fmt::format("is {}, expected 1 to {}", config.base_width, kMostSide));
  }
}

}  // namespace dbot::nn
