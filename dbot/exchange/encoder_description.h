#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/nn/vit/classifier.h"
#include "dbot/nn/vit/config.h"

namespace dbot::exchange {

/// Published weights that a network was made from, or that taught it.
struct WeightsOrigin {
  std::string sha256;   // of the file, as sha256sum prints it
  std::string licence;  // as its publisher names it ("apache-2.0"); empty if the file does not say

  bool operator==(const WeightsOrigin&) const = default;
};

/// A classifier's last layer: what it looks at, and what its outputs are called, in their order.
struct HeadDescription {
  nn::Pooling pooling = nn::Pooling::mean;
  std::vector<std::string> classes;

  bool operator==(const HeadDescription&) const = default;
};

/// What a network's tensors do not say by themselves, and the pixel normalisation it was trained
/// with.
struct EncoderDescription {
  nn::EncoderConfig config;
  std::vector<double> mean, std;  // one a channel, of pixels in 0…1; empty if unknown
  /// Values that are black and white, of floats and of whole numbers of more than 8 bits; empty:
  /// the usual ones.
  std::vector<double> value_range = {};
  std::vector<WeightsOrigin> origins = {};   // none: trained from nothing
  std::optional<HeadDescription> head = {};  // of a classifier: fc_norm.* (mean pooling), head.*
};

/// The header key under which every file of ours that holds an encoder carries its description.
inline constexpr char kEncoderConfigKey[] = "dbot.config";

/// One JSON object: image_size [height, width], channels, patch_size, width, depth, heads,
/// mlp_ratio, layer_norm_eps, mean, std; value_range where it is not the usual one; where they are
/// not those of a plain ViT also position_table, relative_positions ("shared", "each_block"),
/// layer_scale, key_bias, patch_bias, norm_before, projection and gelu ("quick", "tanh"), of frozen
/// networks of other kinds class_token, registers, rotary (an object with coordinates, pairs and
/// reference), mlp ("gated"), head_norm, attention_norm, mlp_norm, attention_pool, pooled_norm and
/// position_resize ("antialiased", "offset"); of networks with
/// origins `sources`, a list of objects with sha256 and perhaps license; of classifiers `head`, an
/// object with pooling ("mean", "cls") and classes, a list of names. Equal descriptions give
/// equal text; numbers survive bit for bit.
std::string to_json(const EncoderDescription& description);

/// The inverse. `source` names the text in messages. Keys it does not know are ignored, so that
/// older programs read newer files. Throws DataError for anything that describes no encoder.
EncoderDescription description_from_json(std::string_view json, std::string_view source);

/// Where the pixel normalisation is unknown, that of official weights takes its place: ImageNet's,
/// or mean and deviation 0.5 where images are not RGB. Returns what was assumed, in words; empty if
/// nothing was.
std::string assume_normalisation(EncoderDescription& description);
/// The same of a mean and a deviation.
std::string assume_normalisation(std::vector<double>& mean, std::vector<double>& std,
                                 std::int64_t channels);

}  // namespace dbot::exchange
