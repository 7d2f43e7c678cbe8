#include "dbot/methods/siamese/convolution_keys.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {

using core::at_least;

void bind_convolution(core::Settings& settings, ConvolutionChoice& model) {
  settings.add_choice("model.network", model.kind, {"resnet18", "resnet50", "chain"},
                      "The network: a ResNet, or a chain of 3×3 convolutions.");
  bind_convolution_sizes(settings, model);
}

void bind_convolution_sizes(core::Settings& settings, ConvolutionChoice& model) {
  settings.add("model.image_size", model.image_size, at_least(1, kMostPixels), "pixels",
               "Size of the network's input: one number, or [height, width].");
  settings.add(
      "model.channels", model.channels, at_least(1, 64), "",
      "1 (grey), 3 (RGB; grey images are repeated), or as many as TIFF and npy files have.");
  settings.add_choice("model.stem", model.stem, {"imagenet", "cifar"},
                      "How a ResNet begins: 7×7 of stride 2 and a max-pool, or, for images of 32 "
                      "pixels, 3×3 of stride 1.");
  settings.add("model.base_width", model.base_width, at_least(1, kMostWidth), "channels",
               "Of a ResNet's first stage; each next one has twice as many.");
  settings.add("model.widths", model.widths, at_least(1, kMostWidth), "channels",
               "Of a chain, behind each of its convolutions.");
  settings.add("model.strides", model.strides, at_least(1, 64), "pixels",
               "Of a chain's convolutions; empty: 1 for the first, 2 for the others.");
}

nn::ConvolutionConfig convolution_config(const ConvolutionChoice& model) {
  nn::ConvolutionConfig config;
  if (model.kind == ConvolutionKind::chain) {
    config = nn::chain_config(model.widths);
    if (!model.strides.empty()) config.strides = model.strides;
  } else {
    config =
        model.kind == ConvolutionKind::resnet50 ? nn::resnet50_config() : nn::resnet18_config();
    config.stem = model.stem;
    config.base_width = model.base_width;
  }
  config.image_size = model.image_size;
  config.channels = model.channels;
  return config;
}

void check_convolution(const ConvolutionChoice& model) {
  if (model.kind == ConvolutionKind::chain && model.widths.empty()) {
    refuse_recipe("model.widths is empty, expected the channels of at least one convolution");
  }
  nn::check(convolution_config(model));
}

std::string convolution_size_keys(const ConvolutionChoice& model) {
  constexpr const char* kNames[] = {"resnet18", "resnet50", "chain"};
  return fmt::format("model.network {}", kNames[static_cast<int>(model.kind)]);
}

}  // namespace dbot::methods
