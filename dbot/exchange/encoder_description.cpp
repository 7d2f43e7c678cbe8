#include "dbot/exchange/encoder_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/core/json.h"

namespace dbot::exchange {
namespace {

using nlohmann::json;

// Far above any encoder; products of such sizes are still far from overflow.
constexpr std::int64_t kLargestSide = 1 << 16;   // pixels
constexpr std::int64_t kLargestCount = 1 << 20;  // width, channels, blocks

constexpr std::size_t kMostOrigins = 64;

class Reader {
 public:
  Reader(const json& object, std::string_view source) : object_(object), source_(source) {}

  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const {
    return checked_integer(key, value(key), low, high);
  }

  double positive(const char* key, double high) const {
    const json& found = value(key);
    if (!found.is_number() || !(found.get<double>() > 0) || found.get<double>() > high) {
      fail(key, found, fmt::format("a number above 0 and at most {}", high));
    }
    return found.get<double>();
  }

  core::Size size(const char* key) const {
    const json& found = value(key);
    if (!found.is_array() || found.size() != 2) fail(key, found, "[height, width]");
    return {checked_integer(key, found[0], 1, kLargestSide),
            checked_integer(key, found[1], 1, kLargestSide)};
  }

  /// Empty, or one finite number a channel.
  std::vector<double> per_channel(const char* key, std::int64_t channels) const {
    if (!object_.contains(key)) return {};
    const json& found = value(key);
    const std::string expected = fmt::format("{} finite numbers, or none", channels);
    if (!found.is_array()) fail(key, found, expected);
    if (!found.empty() && static_cast<std::int64_t>(found.size()) != channels) {
      fail(key, found, expected);
    }
    std::vector<double> numbers;
    for (const json& number : found) {
      if (!number.is_number() || !std::isfinite(number.get<double>())) fail(key, found, expected);
      numbers.push_back(number.get<double>());
    }
    return numbers;
  }

  /// Empty, or two different finite numbers.
  std::vector<double> black_and_white(const char* key) const {
    auto numbers = per_channel(key, 2);
    if (numbers.size() == 2 && numbers[0] == numbers[1]) {
      fail(key, value(key), "two different numbers, or none");
    }
    return numbers;
  }

  /// A truth value, or `fallback` where the key is missing.
  bool truth(const char* key, bool fallback) const {
    if (!object_.contains(key)) return fallback;
    const json& found = value(key);
    if (!found.is_boolean()) fail(key, found, "true or false");
    return found.get<bool>();
  }

  /// The position of the word in `words`, or 0 where the key is missing.
  std::size_t word(const char* key, std::span<const char* const> words) const {
    if (!object_.contains(key)) return 0;
    const json& found = value(key);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (found == words[i]) return i;
    }
    fail(key, found, fmt::format("one of {}", fmt::join(words, ", ")));
  }

  /// Whoever edited them loses no network by it: what is no origin is passed over.
  std::vector<WeightsOrigin> origins() const {
    std::vector<WeightsOrigin> origins;
    const auto found = object_.find("sources");
    if (found == object_.end() || !found->is_array()) return origins;
    const auto text = [](const json& entry, const char* key) {
      const auto value = entry.find(key);
      return value != entry.end() && value->is_string() ? value->get<std::string>() : "";
    };
    for (const json& entry : *found) {
      if (!entry.is_object() || origins.size() == kMostOrigins) continue;
      origins.push_back({text(entry, "sha256"), text(entry, "license")});
    }
    return origins;
  }

  /// Texts, at most as many as a network is wide.
  std::vector<std::string> texts(const char* key) const {
    const json& found = value(key);
    const std::string expected = fmt::format("a list of 1 to {} texts", kLargestCount);
    if (!found.is_array() || found.empty() || std::ssize(found) > kLargestCount) {
      fail(key, found, expected);
    }
    std::vector<std::string> texts;
    for (const json& text : found) {
      if (!text.is_string()) fail(key, found, expected);
      texts.push_back(text.get<std::string>());
    }
    return texts;
  }

  /// What is below a key; the object must outlive it.
  std::optional<Reader> below(const char* key) const {
    if (!has(key)) return std::nullopt;
    const json& found = value(key);
    if (!found.is_object()) fail(key, found, "an object");
    return Reader(found, source_);
  }

  bool has(const char* key) const { return object_.contains(key); }

  [[noreturn]] void fail(const char* key, const json& found, const std::string& expected) const {
    std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    throw DataError({.operation = "encoder description",
                     .subject = std::string(source_),
                     .fault = Fault::corrupt,
                     .reason = fmt::format(": {} is {}, expected {}", key, text, expected)});
  }

 private:
  const json& value(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      throw DataError({.operation = "encoder description",
                       .subject = std::string(source_),
                       .fault = Fault::missing,
                       .reason = fmt::format(": {} is missing in {}", key, kEncoderConfigKey)});
    }
    return *found;
  }

  std::int64_t checked_integer(const char* key, const json& found, std::int64_t low,
                               std::int64_t high) const {
    const std::string expected = fmt::format("a whole number from {} to {}", low, high);
    if (!found.is_number_integer()) fail(key, found, expected);
    // A number above the int64 range is kept unsigned and would come out negative: outside anyway.
    const auto number = found.get<std::int64_t>();
    if (number < low || number > high) fail(key, found, expected);
    return number;
  }

  const json& object_;
  std::string_view source_;
};

constexpr std::array kRelativePositions{"none", "shared", "each_block"};
constexpr std::array kGelu{"exact", "quick"};
constexpr std::array kPooling{"mean", "cls"};

/// What a plain ViT does not have; absent keys mean that this one has not either.
void read_variant(const Reader& reader, nn::EncoderConfig& config) {
  config.position_table = reader.truth("position_table", true);
  config.relative_positions =
      static_cast<nn::RelativePositions>(reader.word("relative_positions", kRelativePositions));
  if (reader.has("layer_scale")) config.layer_scale = reader.positive("layer_scale", 1e6);
  config.key_bias = reader.truth("key_bias", true);
  config.patch_bias = reader.truth("patch_bias", true);
  config.norm_before = reader.truth("norm_before", false);
  if (reader.has("projection")) {
    config.projection = reader.integer("projection", 1, kLargestCount);
  }
  config.gelu = static_cast<nn::Gelu>(reader.word("gelu", kGelu));
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
}

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
  const Reader reader(object, source);
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
