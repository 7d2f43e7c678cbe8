#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "dbot/masking/random_mask.h"
#include "dbot/nn/drop_path.h"
#include "dbot/nn/joint/joint_autoencoder.h"

// One pass of images and texts through the network, and its losses. docs/methods/m3ae.md §3–5.
namespace dbot::methods {

/// `masked_tokens`: what the losses of a step read is predicted and nothing else; `all_tokens`:
/// everything, the same up to rounding.
enum class JointExtent { all_tokens, masked_tokens };

/// What goes through the network together: images, texts or both, and the noise of their masks.
struct JointSamples {
  std::optional<ops::Images> images = {};
  std::optional<nn::TextTokens> text = {};
  at::Tensor image_noise = {}, text_noise = {};  // float32 [batch, patches] and [batch, tokens]
};

struct JointPassSettings {
  std::int64_t patches_kept = 0, words_kept = 0;
  at::ScalarType compute = at::kFloat;
  nn::DropPath drop_path = {};
  JointExtent extent = JointExtent::masked_tokens;
};

/// Losses of what was hidden; undefined where there is no such modality.
struct JointFigures {
  at::Tensor image, text;  // scalars with their graphs
  at::Tensor accuracy;     // share of right words
};

struct JointPass {
  std::optional<masking::Mask> image_mask, text_mask;
  nn::JointTokens visible;
  at::Tensor latent;            // [batch, 1 + visible tokens, width], after the final norm
  at::Tensor image_prediction;  // [batch, patches, p·p·channels]; of masked ones alone
  at::Tensor text_logits;       // [batch, tokens, vocabulary]; [counted, vocabulary] of masked ones
  JointFigures hidden;          // of what was hidden
  JointFigures whole;  // of all patches and all words that are not padded: all_tokens alone
};

/// Throws Error where a mask hides nothing of a modality or shows nothing.
JointPass joint_pass(const nn::JointAutoencoder& network, const JointSamples& samples,
                     const JointPassSettings& settings);

}  // namespace dbot::methods
