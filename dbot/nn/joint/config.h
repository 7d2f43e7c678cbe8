#pragma once

#include <cstdint>

#include "dbot/nn/vit/config.h"

namespace dbot::nn {

/// The network of M3AE: one encoder and one decoder for the patches of an image and the tokens of a
/// text. Geng et al., arXiv 2205.14204; docs/methods/m3ae.md §2–4.
struct JointConfig {
  EncoderConfig encoder;  // with the GELU by tanh, as its decoder
  DecoderConfig decoder;
  std::int64_t text_length = 64;    // tokens of the longest text that it reads
  std::int64_t vocabulary = 30522;  // ids of its tokens: 0 … vocabulary − 1; 0 pads
  bool type_vectors = true;         // a learned vector of each modality, added to its tokens
  std::int64_t head_depth = 0;      // hidden layers of both output heads

  /// Width of what is predicted of a patch.
  std::int64_t patch_width() const {
    return encoder.channels * encoder.patch_size * encoder.patch_size;
  }
  bool operator==(const JointConfig&) const = default;
};

/// The same with what all M3AE networks have: the GELU by tanh and a table of positions.
JointConfig as_joint(JointConfig config);

/// Throws UsageError unless the sizes fit each other, in the names of recipe keys.
void check(const JointConfig& config);

}  // namespace dbot::nn
