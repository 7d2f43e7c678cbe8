#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/nn/convolution/convolution_config.h"

// The recipe table [model] of systems with a convolutional network.
namespace dbot::methods {

enum class ConvolutionKind { resnet18, resnet50, chain };

/// What a recipe says of the network.
struct ConvolutionChoice {
  ConvolutionKind kind = ConvolutionKind::resnet50;
  core::Size image_size{224, 224};
  std::int64_t channels = 3;
  nn::Stem stem = nn::Stem::imagenet;
  std::int64_t base_width = 64;
  std::vector<std::int64_t> widths{32, 64, 128, 128};  // of a chain
  std::vector<std::int64_t> strides = {};              // of a chain; empty: 1, 2, 2, …
};

void bind_convolution(core::Settings& settings, ConvolutionChoice& model);
/// The same keys without the network's kind.
void bind_convolution_sizes(core::Settings& settings, ConvolutionChoice& model);

nn::ConvolutionConfig convolution_config(const ConvolutionChoice& model);

/// Throws UsageError in the name of the recipe unless the values fit each other.
void check_convolution(const ConvolutionChoice& model);

/// "model.network resnet50": what to lower where memory is short.
std::string convolution_size_keys(const ConvolutionChoice& model);

}  // namespace dbot::methods
