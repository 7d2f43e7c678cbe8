#include "dbot/exchange/convolution/convolution_description.h"

#include <array>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/exchange/description_reader.h"

namespace dbot::exchange {
namespace {

constexpr const char* kNetworkKey = "network";
constexpr std::array kNetworks{"resnet", "chain"};
constexpr std::array kStems{"imagenet", "cifar"};
constexpr std::size_t kMostLayers = 4096;

void read_network(const DescriptionReader& reader, nn::ConvolutionConfig& config) {
  if (reader.word(kNetworkKey, kNetworks) == 1) {
    config.widths = reader.integers("widths", kMostLayers, 1, kLargestSide);
    config.strides = reader.integers("strides", kMostLayers, 1, kLargestSide);
    if (config.widths.empty()) {
      reader.fail("widths", nlohmann::json::array(), "at least one whole number");
    }
    return;
  }
  config.stem = static_cast<nn::Stem>(reader.word("stem", kStems));
  config.base_width = reader.integer("base_width", 1, kLargestSide);
  config.blocks = reader.integers("blocks", kMostLayers, 1, kLargestSide);
  config.bottleneck = reader.truth("bottleneck", false);
}

}  // namespace

std::string to_json(const ConvolutionDescription& description) {
  const nn::ConvolutionConfig& config = description.config;
  nlohmann::ordered_json object;
  object[kNetworkKey] = kNetworks[config.is_chain() ? 1 : 0];
  object["image_size"] = {config.image_size.height, config.image_size.width};
  object["channels"] = config.channels;
  if (config.is_chain()) {
    object["widths"] = config.widths;
    object["strides"] = config.strides;
  } else {
    object["stem"] = kStems.at(static_cast<std::size_t>(config.stem));
    object["base_width"] = config.base_width;
    object["blocks"] = config.blocks;
    object["bottleneck"] = config.bottleneck;
  }
  object["mean"] = description.mean;
  object["std"] = description.std;
  if (!description.value_range.empty()) object["value_range"] = description.value_range;
  write_origins(description.origins, object);
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool describes_convolution(std::string_view text) {
  try {
    return description_object(text, {}).contains(kNetworkKey);
  } catch (const DataError&) {
    return false;  // whoever reads it says so
  }
}

ConvolutionDescription convolution_from_json(std::string_view text, std::string_view source) {
  const nlohmann::json object = description_object(text, source);
  const DescriptionReader reader(object, source);
  ConvolutionDescription description;
  nn::ConvolutionConfig& config = description.config;
  config.image_size = reader.size("image_size");
  config.channels = reader.integer("channels", 1, kLargestSide);
  read_network(reader, config);
  description.origins = reader.origins();
  reader.pixels(config.channels, description.mean, description.std, description.value_range);
  try {
    nn::check(config);
  } catch (const UsageError& error) {
    throw data_error_about("encoder description", std::string(source), error);
  }
  return description;
}

}  // namespace dbot::exchange
