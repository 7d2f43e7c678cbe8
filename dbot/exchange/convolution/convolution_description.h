#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/convolution/convolution_config.h"

namespace dbot::exchange {

/// What the tensors of a convolutional network do not say by themselves, and the pixel
/// normalisation it was trained with.
struct ConvolutionDescription {
  nn::ConvolutionConfig config;
  std::vector<double> mean = {}, std = {};  // one a channel, of pixels in 0…1; empty if unknown
  std::vector<double> value_range = {};     // black and white; empty: the usual ones
  std::vector<WeightsOrigin> origins = {};  // none: trained from nothing
};

/// One JSON object, stored under `kEncoderConfigKey`: network ("resnet", "chain"), image_size
/// [height, width], channels, mean, std; of a ResNet stem ("imagenet", "cifar"), base_width, blocks
/// and bottleneck; of a chain widths and strides; value_range and sources as encoders have them.
std::string to_json(const ConvolutionDescription& description);

/// Whether a description is of such a network, not of a vision transformer.
bool describes_convolution(std::string_view json);

/// The inverse of `to_json`. Keys it does not know are ignored. Throws DataError, naming `source`,
/// for anything that describes no such network.
ConvolutionDescription convolution_from_json(std::string_view json, std::string_view source);

}  // namespace dbot::exchange
