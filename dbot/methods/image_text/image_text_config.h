#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/start/start_kind.h"
#include "dbot/nn/joint/config.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// Who shares a mask: nobody, or all samples of a batch, as in the published program.
enum class MaskScope { per_sample, per_batch };

/// Which samples' captions are left out: drawn anew each time, or always those whose number in the
/// data says so.
enum class DropScope { drawn, fixed };

/// M3AE: an image and its caption are masked, encoded together, and both are predicted.
/// docs/methods/m3ae.md.
struct ImageTextConfig {
  static constexpr const char* kKind = "image_text";

  nn::EncoderConfig encoder;
  nn::DecoderConfig decoder;
  std::int64_t head_depth = 0;  // hidden layers of both output heads
  bool type_vectors = true;
  std::int64_t text_length = 64;    // tokens of a caption, padded
  std::int64_t vocabulary = 30522;  // tokens; more than the words that the data have do no harm
  std::string vocabulary_path;      // empty: learned from the texts
  std::string captions_path = "beside";  // of the images; or a file
  std::string unpaired_path;             // of texts without images
  double caption_drop = 0;               // share of captions that are left out
  DropScope drop_scope = DropScope::drawn;
  std::int64_t unpaired_length = 256;  // tokens of a text without an image
  double mask_ratio = 0.75;            // of patches
  double text_ratio = 0.75;            // of the tokens of a text, padded ones among them
  MaskScope mask_scope = MaskScope::per_sample;
  // Weights in the loss. What weighs 0 is not read.
  double image_weight = 1;
  double text_weight = 0.5;
  double unpaired_weight = 0;
  double drop_path = 0;  // of all blocks of the encoder
  StartKind start = StartKind::random;
  std::string start_path;  // an M3AE: the first weights

  std::vector<double> mean, std;    // pixel normalisation of the input; told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::vector<std::string> words;   // by the ids of tokens; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;

  bool reads_images() const { return image_weight > 0; }
  bool reads_captions() const { return text_weight > 0; }
  bool reads_unpaired() const { return unpaired_weight > 0; }
};

/// Its network, for the longest text that it reads.
nn::JointConfig joint_network(const ImageTextConfig& config);

}  // namespace dbot::methods
