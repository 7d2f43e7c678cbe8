#include "dbot/exchange/encoder_description.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/core/json.h"
#include "dbot/exchange/description_fields.h"
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
  for (const WeightsOrigin& origin : description.origins) {
    nlohmann::ordered_json entry{{"sha256", origin.sha256}};
    if (!origin.licence.empty()) entry["license"] = origin.licence;
    object["sources"].push_back(std::move(entry));
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

EncoderDescription description_from_json(std::string_view text, std::string_view source) {
  json object;
  try {
    object = core::parse_json(text);
  } catch (const json::exception&) {
    // No object: said below.
  } catch (const DataError& error) {
    throw data_error_about("encoder description", std::string(source), error);
  }
  if (!object.is_object()) {
    throw DataError({.operation = "encoder description",
                     .subject = std::string(source),
                     .fault = Fault::corrupt,
                     .reason = fmt::format(": {} is not a JSON object", kEncoderConfigKey)});
  }
  const DescriptionFields reader(object, source);
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
  description.mean = reader.per_channel("mean", config.channels);
  description.std = reader.per_channel("std", config.channels);
  description.origins = reader.origins();
  if (const auto head = reader.below("head")) {
    description.head = {static_cast<nn::Pooling>(head->word("pooling", kPooling)),
                        head->texts("classes")};
  }
  for (const double deviation : description.std) {
    if (deviation <= 0) reader.fail("std", object["std"], "positive numbers");
  }
  if (description.mean.size() != description.std.size()) {
    reader.fail("std", object.value("std", json::array()), "as many numbers as mean has");
  }
  description.value_range = reader.black_and_white("value_range");
  try {
    nn::check(config, "encoder");
  } catch (const UsageError& error) {
    throw data_error_about("encoder description", std::string(source), error);
  }
  return description;
}

std::string assume_normalisation(EncoderDescription& description) {
  if (!description.mean.empty()) return {};
  if (description.config.channels == 3) {
    description.mean = {0.485, 0.456, 0.406};
    description.std = {0.229, 0.224, 0.225};
    return "ImageNet's";
  }
  description.mean.assign(static_cast<std::size_t>(description.config.channels), 0.5);
  description.std = description.mean;
  return "mean 0.5, deviation 0.5";
}

}  // namespace dbot::exchange
