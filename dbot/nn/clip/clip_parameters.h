#pragma once

#include <string>
#include <vector>

#include "dbot/nn/clip/config.h"
#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// Of the encoder: cls_token, pos_embed_spatial, pos_embed_temporal and pos_embed_class, or
/// pos_embed, patch_embed.proj.* (a kernel [width, channels, frames, p, p]), blocks.N.*, norm.*, as
/// far as the configuration has them. Queries, keys and values lie in attn.qkv.*.
///
/// As upstream: matrices start by Glorot's rule, each of queries, keys and values by itself; biases
/// are 0, class token and tables of positions normal draws of deviation 0.02. Everything but
/// vectors has weight decay. docs/methods/mae_st.md §3.
std::vector<ParameterSpec> clip_encoder_parameters(const ClipConfig& config);

/// The encoder's, then decoder_embed.*, mask_token, decoder_cls_token, which starts at 0, the
/// tables behind "decoder_", decoder_blocks.N.*, decoder_norm.*, decoder_pred.*.
std::vector<ParameterSpec> clip_parameters(const ClipConfig& config);

/// "decoder_blocks.3."
std::string clip_decoder_prefix(std::int64_t block);

}  // namespace dbot::nn
