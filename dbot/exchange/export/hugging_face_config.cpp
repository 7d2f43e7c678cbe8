#include "dbot/exchange/export/hugging_face_config.h"

#include <nlohmann/json.hpp>

#include "dbot/exchange/export/hugging_face_classifier.h"

namespace dbot::exchange {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kBicubic = 3;  // as Pillow numbers it

/// One number where height and width are equal: all that some of their classes understand.
Json image_size(const nn::EncoderConfig& config) {
  const auto [height, width] = config.image_size;
  if (height == width) return height;
  return {height, width};
}

std::int64_t hidden_width(std::int64_t width, double ratio) {
  return static_cast<std::int64_t>(static_cast<double>(width) * ratio);
}

/// Class names may hold any bytes.
std::string text_of(const Json& fields) {
  return fields.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const char* model_type(const std::string& model_class) {
  if (model_class == kBeitClassifier) return "beit";
  return model_class.starts_with("ViTMAE") ? "vit_mae" : "vit";
}

void add_classes(Json& fields, const std::vector<std::string>& classes) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    fields["id2label"][std::to_string(i)] = classes[i];
  }
  for (std::size_t i = 0; i < classes.size(); ++i) fields["label2id"][classes[i]] = i;
}

void add_beit(Json& fields, const EncoderDescription& description) {
  using nn::RelativePositions;
  const nn::EncoderConfig& config = description.config;
  fields["use_mask_token"] = false;
  fields["use_absolute_position_embeddings"] = config.position_table;
  fields["use_relative_position_bias"] = config.relative_positions == RelativePositions::each_block;
  fields["use_shared_relative_position_bias"] =
      config.relative_positions == RelativePositions::shared;
  fields["layer_scale_init_value"] = config.layer_scale;
  fields["drop_path_rate"] = 0.0;
  fields["use_mean_pooling"] = description.head->pooling == nn::Pooling::mean;
}

Json configuration(const NetworkWeights& network, const std::string& model_class) {
  const nn::EncoderConfig& config = network.description.config;
  Json fields{{"architectures", {model_class}},
              {"model_type", model_type(model_class)},
              {"image_size", image_size(config)},
              {"num_channels", config.channels},
              {"patch_size", config.patch_size},
              {"hidden_size", config.width},
              {"num_hidden_layers", config.depth},
              {"num_attention_heads", config.heads},
              {"intermediate_size", config.hidden_width()},
              {"hidden_act", config.gelu == nn::Gelu::tanh ? "gelu_pytorch_tanh" : "gelu"},
              {"layer_norm_eps", config.layer_norm_eps},
              {"qkv_bias", true},
              {"hidden_dropout_prob", 0.0},
              {"attention_probs_dropout_prob", 0.0},
              {"initializer_range", 0.02}};
  if (network.description.head) {
    add_classes(fields, network.description.head->classes);
    if (model_class == kBeitClassifier) add_beit(fields, network.description);
    return fields;
  }
  if (model_class == "ViTModel") {
    fields["encoder_stride"] = config.patch_size;
    return fields;
  }
  // Without a decoder its sizes say nothing; the class wants some.
  const DecoderDescription decoder = network.decoder.value_or(DecoderDescription());
  fields["decoder_hidden_size"] = decoder.config.width;
  fields["decoder_num_hidden_layers"] = decoder.config.depth;
  fields["decoder_num_attention_heads"] = decoder.config.heads;
  fields["decoder_intermediate_size"] = hidden_width(decoder.config.width, config.mlp_ratio);
  fields["mask_ratio"] = decoder.mask_ratio;
  fields["norm_pix_loss"] = decoder.normalised_pixels;
  return fields;
}

}  // namespace

std::string hugging_face_config(const NetworkWeights& network, const std::string& model_class) {
  return text_of(configuration(network, model_class));
}

std::string hugging_face_preprocessing(const EncoderDescription& description) {
  const auto [height, width] = description.config.image_size;
  return text_of({{"image_processor_type", "ViTImageProcessor"},
                  {"do_resize", true},
                  {"size", {{"height", height}, {"width", width}}},
                  {"resample", kBicubic},
                  {"do_rescale", true},
                  {"rescale_factor", 1.0 / 255},
                  {"do_normalize", true},
                  {"image_mean", description.mean},
                  {"image_std", description.std}});
}

}  // namespace dbot::exchange
