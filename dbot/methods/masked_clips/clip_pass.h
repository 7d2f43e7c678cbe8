#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/masking/random_mask.h"
#include "dbot/nn/clip/clip_autoencoder.h"
#include "dbot/ops/clip_patches.h"
#include "dbot/runtime/precision.h"

// One pass of clips through the network, and its loss. docs/methods/mae_st.md §4, §5.
namespace dbot::methods {

/// `masked_tokens`: what the loss reads is predicted and nothing else; `all_tokens`: everything,
/// the same up to rounding.
enum class ClipExtent { all_tokens, masked_tokens };

struct ClipPassSettings {
  std::vector<std::int64_t> target_frames;  // that are predicted, ascending
  bool normalised = true;                   // of each patch on its own scale
  at::ScalarType compute = at::kFloat;
  ClipExtent extent = ClipExtent::masked_tokens;
};

struct ClipPass {
  at::Tensor embedded;    // [clips, prefix + kept, width], before the first block
  at::Tensor latent;      // [clips, kept, width], after the final norm
  at::Tensor prediction;  // [clips, tokens, values]; of masked ones alone
  at::Tensor target;      // of the same tokens, pixels as they are
  at::Tensor loss;        // the mean over masked tokens of all clips, with its graph
};

/// mask: hides equally many tokens of each clip.
ClipPass clip_pass(const nn::ClipAutoencoder& network, const ops::Clips& clips,
                   const masking::Mask& mask, const ClipPassSettings& settings);

}  // namespace dbot::methods
