// What one key alone cannot show: whether the values of images with texts fit each other.
#include <fmt/format.h>

#include <algorithm>

#include "dbot/masking/random_mask.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/image_text/image_text_entry.h"

namespace dbot::methods {
namespace {

/// A text of which the encoder sees some tokens and not all.
void check_text_mask(const char* length_key, std::int64_t length, double ratio) {
  const std::int64_t visible = masking::kept_patches(length, ratio);
  if (visible >= 1 && visible < length) return;
  refuse_recipe(
      fmt::format("mask.text_ratio is {}, which leaves {} of the {} tokens of {} visible; expected "
                  "at least one visible and one masked token: choose a longer text or a ratio "
                  "above 0 and at most {:.4g}",
                  ratio, visible, length, length_key, 1.0 - 1.0 / static_cast<double>(length)));
}

void check_network_kind(const nn::EncoderConfig& encoder) {
  if (encoder.relative_positions != nn::RelativePositions::none) {
    refuse_recipe(
        "model.relative_positions needs all patches at their places, but the encoder sees visible "
        "ones alone; set model.relative_positions = \"none\"");
  }
  if (!encoder.position_table) {
    refuse_recipe(
        "model.position_table is false, but without it the encoder knows no places; set it to "
        "true");
  }
}

/// Texts that nobody reads, and a weight without texts, are mistakes.
void check_unpaired(const ImageTextConfig& config) {
  if (config.reads_unpaired() && config.unpaired_path.empty()) {
    refuse_recipe(
        fmt::format("objective.unpaired_weight is {:g} and text.unpaired is empty; name a file of "
                    "texts, or set the weight to 0",
                    config.unpaired_weight));
  }
  if (!config.reads_unpaired() && !config.unpaired_path.empty()) {
    refuse_recipe(
        fmt::format("text.unpaired is \"{}\", but objective.unpaired_weight is 0; give it a weight "
                    "or remove the path",
                    config.unpaired_path));
  }
  if (config.reads_captions() && config.captions_path.empty()) {
    refuse_recipe(
        "text.captions is empty; expected \"beside\" where captions lie with their images, or a "
        "file of captions");
  }
}

void check_start(const ImageTextConfig& config) {
  const bool file = config.start == StartKind::file;
  if (file && config.start_path.empty()) {
    refuse_recipe(
        "start.init is \"file\" and start.path is empty; name an M3AE's safetensors file, or "
        "choose "
        "start.init = \"random\"");
  }
  if (!file && !config.start_path.empty()) {
    refuse_recipe(
        fmt::format("start.path is \"{}\", but start.init is \"random\"; set start.init = \"file\" "
                    "or remove the path",
                    config.start_path));
  }
}

}  // namespace

nn::JointConfig joint_network(const ImageTextConfig& config) {
  const std::int64_t unpaired = config.reads_unpaired() ? config.unpaired_length : 0;
  return nn::as_joint({.encoder = config.encoder,
                       .decoder = config.decoder,
                       .text_length = std::max(config.text_length, unpaired),
                       .vocabulary = config.vocabulary,
                       .type_vectors = config.type_vectors,
                       .head_depth = config.head_depth});
}

void check(const ImageTextConfig& config, const Surroundings& /*surroundings*/) {
  check_encoder(config.encoder);
  nn::check(joint_network(config));
  check_network_kind(config.encoder);
  if (!config.reads_images() && !config.reads_captions() && !config.reads_unpaired()) {
    refuse_recipe(
        "objective.image_weight, text_weight and unpaired_weight are all 0, which leaves nothing "
        "to learn; give one of them a weight");
  }
  const std::int64_t patches = config.encoder.patches();
  check_mask_ratio(config.mask_ratio, masking::kept_patches(patches, config.mask_ratio), patches);
  if (config.reads_captions()) {
    check_text_mask("text.length", config.text_length, config.text_ratio);
  }
  if (config.reads_unpaired()) {
    check_text_mask("text.unpaired_length", config.unpaired_length, config.text_ratio);
  }
  check_unpaired(config);
  check_start(config);
  check_float32("model.layer_norm_eps", config.encoder.layer_norm_eps);
}

Outline outline(const ImageTextConfig& config) {
  Outline outline{.images = nn::ImageInput{config.encoder.image_size, config.encoder.channels},
                  .width = config.encoder.width,
                  .size = encoder_size_keys(config.encoder),
                  .patches = config.encoder.grid()};
  if (config.reads_captions() || config.reads_unpaired()) {
    outline.texts = TextInput{.captions = config.reads_captions() ? config.text_length : 0,
                              .unpaired = config.reads_unpaired() ? config.unpaired_length : 0,
                              .vocabulary = config.vocabulary,
                              .drop = config.caption_drop,
                              .drop_is_fixed = config.drop_scope == DropScope::fixed,
                              .vocabulary_path = config.vocabulary_path,
                              .captions_path = config.captions_path,
                              .unpaired_path = config.unpaired_path};
  }
  return outline;
}

}  // namespace dbot::methods
