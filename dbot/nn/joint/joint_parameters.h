#pragma once

#include <string>
#include <vector>

#include "dbot/nn/joint/config.h"
#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// Names of the vectors that are added to all tokens of a modality.
inline constexpr const char* kImageType = "image_type";
inline constexpr const char* kTextType = "text_type";
inline constexpr const char* kDecoderImageType = "decoder_image_type";
inline constexpr const char* kDecoderTextType = "decoder_text_type";

/// A vision transformer's (nn/vit/encoder_parameters.h), then image_type, text_type and
/// text_embed.weight [vocabulary, width]; of the decoder decoder_embed.*, image_mask_token,
/// text_mask_token, the types, decoder_blocks.N.*, decoder_norm.* and the heads
/// decoder_image_head.* and decoder_text_head.*. Tables of positions but the image's in the encoder
/// are computed and are no parameters.
///
/// As upstream: text embeddings start as normal draws of deviation 1, linear layers by Glorot's
/// rule, vectors with 0.02; biases, the text embedding and the vectors have no weight decay,
/// LayerNorm's gains have. docs/methods/m3ae.md §2, §7.
std::vector<ParameterSpec> joint_parameters(const JointConfig& config);

/// "decoder_blocks.3."
std::string joint_decoder_prefix(std::int64_t block);

}  // namespace dbot::nn
