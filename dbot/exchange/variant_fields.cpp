#include "dbot/exchange/variant_fields.h"

#include <array>
#include <utility>

namespace dbot::exchange {
namespace {

constexpr std::array kRelativePositions{"none", "shared", "each_block"};
constexpr std::array kGelu{"exact", "quick", "tanh"};
constexpr std::array kMlp{"plain", "gated"};
constexpr std::array kCoordinates{"none", "centred", "index"};
constexpr std::array kPairs{"halves", "neighbours"};
constexpr std::array kResize{"bicubic", "antialiased", "offset"};

/// A word of an enumeration's list.
template <typename Words, typename Value>
const char* word_of(const Words& words, Value value) {
  return words.at(static_cast<std::size_t>(value));
}

/// docs/methods/teachers.md.
void read_foreign_parts(const DescriptionReader& fields, nn::EncoderConfig& config) {
  config.class_token = fields.truth("class_token", true);
  if (fields.has("registers")) config.registers = fields.integer("registers", 1, kLargestCount);
  if (const auto rotary = fields.below("rotary")) {
    config.rotary.coordinates =
        static_cast<nn::RotaryCoordinates>(rotary->word("coordinates", kCoordinates));
    config.rotary.pairs = static_cast<nn::RotaryPairs>(rotary->word("pairs", kPairs));
    if (rotary->has("reference")) config.rotary.reference = rotary->size("reference");
  }
  config.mlp = static_cast<nn::Mlp>(fields.word("mlp", kMlp));
  config.head_norm = fields.truth("head_norm", false);
  config.attention_norm = fields.truth("attention_norm", false);
  config.mlp_norm = fields.truth("mlp_norm", false);
  config.attention_pool = fields.truth("attention_pool", false);
  config.pooled_norm = fields.truth("pooled_norm", false);
  config.position_resize = static_cast<nn::PositionResize>(fields.word("position_resize", kResize));
}

void write_foreign_parts(const nn::EncoderConfig& config, nlohmann::ordered_json& object) {
  const nn::EncoderConfig plain;
  if (!config.class_token) object["class_token"] = false;
  if (config.registers > 0) object["registers"] = config.registers;
  if (config.rotary != plain.rotary) {
    auto& rotary = object["rotary"];
    rotary["coordinates"] = word_of(kCoordinates, config.rotary.coordinates);
    rotary["pairs"] = word_of(kPairs, config.rotary.pairs);
    const auto [height, width] = config.rotary.reference;
    if (height > 0) rotary["reference"] = {height, width};
  }
  if (config.mlp != plain.mlp) object["mlp"] = word_of(kMlp, config.mlp);
  for (const auto& [key, value] :
       {std::pair{"head_norm", config.head_norm},
        std::pair{"attention_norm", config.attention_norm}, std::pair{"mlp_norm", config.mlp_norm},
        std::pair{"attention_pool", config.attention_pool},
        std::pair{"pooled_norm", config.pooled_norm}}) {
    if (value) object[key] = true;
  }
  if (config.position_resize != plain.position_resize) {
    object["position_resize"] = word_of(kResize, config.position_resize);
  }
}

}  // namespace

void read_variant(const DescriptionReader& fields, nn::EncoderConfig& config) {
  config.position_table = fields.truth("position_table", true);
  config.relative_positions =
      static_cast<nn::RelativePositions>(fields.word("relative_positions", kRelativePositions));
  if (fields.has("layer_scale")) config.layer_scale = fields.positive("layer_scale", 1e6);
  config.key_bias = fields.truth("key_bias", true);
  config.patch_bias = fields.truth("patch_bias", true);
  config.norm_before = fields.truth("norm_before", false);
  if (fields.has("projection")) {
    config.projection = fields.integer("projection", 1, kLargestCount);
  }
  config.gelu = static_cast<nn::Gelu>(fields.word("gelu", kGelu));
  read_foreign_parts(fields, config);
}

void write_variant(const nn::EncoderConfig& config, nlohmann::ordered_json& object) {
  const nn::EncoderConfig plain;
  if (!config.position_table) object["position_table"] = false;
  if (config.relative_positions != plain.relative_positions) {
    object["relative_positions"] =
        kRelativePositions.at(static_cast<std::size_t>(config.relative_positions));
  }
  if (config.layer_scale != plain.layer_scale) object["layer_scale"] = config.layer_scale;
  if (!config.key_bias) object["key_bias"] = false;
  if (!config.patch_bias) object["patch_bias"] = false;
  if (config.norm_before) object["norm_before"] = true;
  if (config.projection != plain.projection) object["projection"] = config.projection;
  if (config.gelu != plain.gelu) object["gelu"] = kGelu.at(static_cast<std::size_t>(config.gelu));
  write_foreign_parts(config, object);
}

}  // namespace dbot::exchange
