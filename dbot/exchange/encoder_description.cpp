#include "dbot/exchange/encoder_description.h"

#include <array>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/exchange/description_reader.h"
#include "dbot/exchange/variant_fields.h"

namespace dbot::exchange {
namespace {

using nlohmann::json;
constexpr std::array kPooling{"mean", "cls"};

}  // namespace

std::string to_json(const EncoderDescription& description) {
  const nn::EncoderConfig& config = description.config;
  nlohmann::ordered_json object;
  object["image_size"] = {config.image_size.height, config.image_size.width};
  object["channels"] = config.channels;
  object["patch_size"] = config.patch_size;
  object["width"] = config.width;
  object["depth"] = config.depth;
  object["heads"] = config.heads;
  object["mlp_ratio"] = config.mlp_ratio;
  object["layer_norm_eps"] = config.layer_norm_eps;
  object["mean"] = description.mean;
  object["std"] = description.std;
  if (!description.value_range.empty()) object["value_range"] = description.value_range;
  write_variant(config, object);
  if (description.head) {
    object["head"] = {{"pooling", kPooling.at(static_cast<std::size_t>(description.head->pooling))},
                      {"classes", description.head->classes}};
  }
  write_origins(description.origins, object);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

EncoderDescription description_from_json(std::string_view text, std::string_view source) {
  const json object = description_object(text, source);
  const DescriptionReader reader(object, source);
  EncoderDescription description;
  nn::EncoderConfig& config = description.config;
  config.image_size = reader.size("image_size");
  config.channels = reader.integer("channels", 1, kLargestCount);
  config.patch_size = reader.integer("patch_size", 1, kLargestSide);
  config.width = reader.integer("width", 1, kLargestCount);
  config.depth = reader.integer("depth", 0, kLargestCount);
  config.heads = reader.integer("heads", 1, kLargestCount);
  config.mlp_ratio = reader.positive("mlp_ratio", 1024);
  config.layer_norm_eps = reader.positive("layer_norm_eps", 1);
  read_variant(reader, config);
  description.origins = reader.origins();
  if (const auto head = reader.below("head")) {
    description.head = {static_cast<nn::Pooling>(head->word("pooling", kPooling)),
                        head->texts("classes")};
  }
  reader.pixels(config.channels, description.mean, description.std, description.value_range);
  try {
    nn::check(config, "encoder");
  } catch (const UsageError& error) {
    throw data_error_about("encoder description", std::string(source), error);
  }
  return description;
}

std::string assume_normalisation(std::vector<double>& mean, std::vector<double>& std,
                                 std::int64_t channels) {
  if (!mean.empty()) return {};
  if (channels == 3) {
    mean = {0.485, 0.456, 0.406};
    std = {0.229, 0.224, 0.225};
    return "ImageNet's";
  }
  mean.assign(static_cast<std::size_t>(channels), 0.5);
  std = mean;
  return "mean 0.5, deviation 0.5";
}

std::string assume_normalisation(EncoderDescription& description) {
  return assume_normalisation(description.mean, description.std, description.config.channels);
}

}  // namespace dbot::exchange
