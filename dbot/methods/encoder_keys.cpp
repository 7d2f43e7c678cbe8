#include "dbot/methods/encoder_keys.h"

#include <fmt/format.h>

#include "dbot/core/settings/ranges.h"
#include "dbot/methods/check_values.h"

namespace dbot::methods {

using core::above;
using core::at_least;

void bind_encoder_sizes(core::Settings& settings, nn::EncoderConfig& model) {
  settings.add("model.image_size", model.image_size, at_least(1, kMostPixels), "pixels",
               "Size of the network's input: one number, or [height, width].");
  settings.add(
      "model.channels", model.channels, at_least(1, 64), "",
      "1 (grey), 3 (RGB; grey images are repeated), or as many as TIFF and npy files have.");
  settings.add("model.patch_size", model.patch_size, at_least(1, kMostPixels), "pixels",
               "Side of a patch; divides the image size.");
  settings.add("model.width", model.width, at_least(4, kMostWidth), "",
               "Features of a token; divisible by 4 and by the heads.");
  settings.add("model.depth", model.depth, at_least(1, kMostBlocks), "blocks",
               "Transformer blocks of the encoder.");
  settings.add("model.heads", model.heads, at_least(1, kMostWidth), "", "Attention heads.");
  settings.add("model.mlp_ratio", model.mlp_ratio, above(0, 64), "",
               "Hidden width of the MLPs, encoder and decoder, as a multiple of the width.");
  settings.add("model.layer_norm_eps", model.layer_norm_eps, above(0, 1), "",
               "Added to the variance in every LayerNorm.");
}

void bind_encoder(core::Settings& settings, nn::EncoderConfig& model) {
  bind_encoder_sizes(settings, model);
  settings.add("model.position_table", model.position_table,
               "An absolute sin-cos position table, added to the tokens.");
  settings.add_choice(
      "model.relative_positions", model.relative_positions, {"none", "shared", "each_block"},
      "Learned biases of attention by the distance of two patches, for all blocks or "
      "for each (symmetric student).");
  settings.add("model.layer_scale", model.layer_scale, at_least(0, 100), "",
               "Start of the learned factors of each block's branches (LayerScale); 0: none.");
  settings.add("model.key_bias", model.key_bias,
               "Attention's keys have a bias; false: queries and values alone.");
}

void bind_gelu(core::Settings& settings, nn::EncoderConfig& model) {
  settings.add_optional_choice(
      "model.gelu",
      {[&model] { return model.gelu == nn::Gelu::tanh ? 1 : 0; },
       [&model](int index) { model.gelu = index == 1 ? nn::Gelu::tanh : nn::Gelu::exact; },
       {gelu_name(nn::Gelu::exact), gelu_name(nn::Gelu::tanh)}},
      "The encoder's GELU: by the normal distribution, or its approximation by tanh (M3AE's).");
}

std::string gelu_name(nn::Gelu gelu) {
  constexpr const char* kNames[] = {"exact", "quick", "tanh"};
  return kNames[static_cast<int>(gelu)];
}

void bind_decoder(core::Settings& settings, nn::DecoderConfig& decoder) {
  settings.add("decoder.width", decoder.width, at_least(4, kMostWidth), "",
               "Features of a token in the decoder.");
  settings.add("decoder.depth", decoder.depth, at_least(0, kMostBlocks), "blocks",
               "Transformer blocks of the decoder.");
  settings.add("decoder.heads", decoder.heads, at_least(1, kMostWidth), "",
               "Attention heads of the decoder.");
}

void check_mask_ratio(double ratio, std::int64_t visible, std::int64_t patches) {
  if (visible >= 1 && visible < patches) return;
  refuse_recipe(fmt::format(
      "mask.ratio is {}, which leaves {} of {} patches visible; expected at least one visible "
      "and one masked patch: {}",
      ratio, visible, patches,
      patches < 2 ? std::string("choose a smaller patch or a larger image")
                  : fmt::format("choose a ratio above 0 and at most {:.4g}",
                                1.0 - 1.0 / static_cast<double>(patches))));
}

void check_encoder(const nn::EncoderConfig& model) {
  nn::check(model, "model");
  // Attention alone is quadratic in the tokens.
  if (model.patches() <= 65536) return;
  refuse_recipe(fmt::format(
      "model.image_size {}x{} with model.patch_size {} makes {} patches, expected at "
      "most 65536; choose a larger patch or a smaller image",
      model.image_size.height, model.image_size.width, model.patch_size, model.patches()));
}

std::string encoder_size_keys(const nn::EncoderConfig& model) {
  return fmt::format("model.width {}, model.depth {}", model.width, model.depth);
}

}  // namespace dbot::methods
