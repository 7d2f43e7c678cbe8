#include <algorithm>

#include "dbot/masking/random_mask.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/image_text/image_text_entry.h"
#include "dbot/nn/joint/joint_parameters.h"

namespace dbot::methods {
namespace {

double as_number(std::int64_t value) {
  return static_cast<double>(value);
}

/// Tokens of a pass that the encoder and the decoder see, and of which predictions are made.
struct PassTokens {
  double visible = 1, all = 1, patches = 0, words = 0;
};

PassTokens pass_tokens(const ImageTextConfig& config, std::int64_t patches, std::int64_t words) {
  const double seen_patches = as_number(masking::kept_patches(patches, config.mask_ratio));
  const double seen_words = as_number(masking::kept_patches(words, config.text_ratio));
  return {.visible = 1 + seen_patches + seen_words,
          .all = 1 + as_number(patches + words),
          .patches = as_number(patches) - seen_patches,
          .words = as_number(words) - seen_words};
}

}  // namespace

MethodMemory plan_memory(const ImageTextConfig& config, const Surroundings& surroundings) {
  const nn::JointConfig network = joint_network(config);
  const nn::EncoderConfig& encoder = network.encoder;
  const auto specs = nn::joint_parameters(network);
  const double batch = as_number(surroundings.batch_size);
  const auto block = [&](double tokens, std::int64_t width, std::int64_t heads) {
    return BlockShape{.tokens = tokens,
                      .width = as_number(width),
                      .heads = as_number(heads),
                      .mlp_ratio = encoder.mlp_ratio,
                      .element = surroundings.element,
                      .fused = surroundings.fused};
  };
  MethodMemory plan;
  plan.weights = kFloatBytes * parameter_count(specs, false);
  plan.frozen_pass =
      batch * block_bytes(block(as_number(encoder.patches() + 1), encoder.width, encoder.heads));
  if (!surroundings.trains) return plan;
  const double trained = parameter_count(specs, true);
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  const auto pass = [&](std::int64_t patches, std::int64_t words) {
    const PassTokens tokens = pass_tokens(config, patches, words);
    const BlockShape in_encoder = block(tokens.visible, encoder.width, encoder.heads);
    const BlockShape in_decoder = block(tokens.all, config.decoder.width, config.decoder.heads);
    const double kept = as_number(encoder.depth) * block_bytes(in_encoder) +
                        as_number(config.decoder.depth) * block_bytes(in_decoder);
    // Predictions and targets, their losses and the gradients of these; of words the logits, their
    // logarithms and the gradients of both.
    const double loss = 4 * kFloatBytes *
                        (tokens.patches * as_number(network.patch_width()) +
                         tokens.words * as_number(config.vocabulary));
    return kept + std::max(passing_bytes(in_encoder), passing_bytes(in_decoder)) + loss;
  };
  double activations = pass(config.reads_images() ? encoder.patches() : 0,
                            config.reads_captions() ? config.text_length : 0);
  if (config.reads_unpaired()) activations += pass(0, config.unpaired_length);
  // The text embedding's gradient is made whole before it is added.
  const double embedding = kFloatBytes * as_number(config.vocabulary) * as_number(encoder.width);
  plan.activations = kAllocatorGaps * (batch * activations + embedding);
  // In low precision the graph keeps converted copies of the matrices.
  if (surroundings.element < kFloatBytes) plan.activations += 2 * trained;
  // Pixels and tokens being loaded (two batches ahead and one in use), and float32 patches.
  const double pixels =
      config.reads_images()
          ? as_number(encoder.image_size.height * encoder.image_size.width * encoder.channels)
          : 0;
  const double text = as_number(config.text_length + config.unpaired_length) * (8 + kFloatBytes);
  plan.inputs = batch * (pixels * (3 + 2 * kFloatBytes) + 3 * text);
  return plan;
}

}  // namespace dbot::methods
