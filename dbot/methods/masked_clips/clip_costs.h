#pragma once

#include "dbot/nn/clip/config.h"

namespace dbot::methods {

/// Tokens of a clip that each part of the network computes.
struct ClipTokens {
  double embedded = 0, visible = 0;  // of the encoder, without the class token
  double predicted = 0;
};

/// Multiply-adds of one clip's forward pass; a network without a decoder has 0 predicted tokens.
/// Of a block 12·n·d² + 2·n²·d with an MLP four times as wide. docs/methods/mae_st.md §8.
double clip_multiply_adds(const nn::ClipConfig& network, const ClipTokens& tokens);

}  // namespace dbot::methods
