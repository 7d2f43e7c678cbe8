#include "dbot/exchange/import/folder_description.h"

#include <fmt/format.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/exchange/json_file.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t kLargestCount = 1 << 20;

/// Takes values of one JSON object, all of them optional.
class Reader {
 public:
  Reader(const json& object, fs::path source) : object_(object), source_(std::move(source)) {}

  std::optional<std::int64_t> count(const char* key) const {
    const json* found = find(key);
    return found == nullptr ? std::nullopt : std::optional(checked_count(key, *found));
  }

  /// A number is a square; a list has height and width last.
  std::optional<core::Size> size(const char* key) const {
    const json* found = find(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_array()) {
      const std::int64_t side = checked_count(key, *found);
      return core::Size{side, side};
    }
    const std::size_t entries = found->size();
    if (entries < 2 || entries > 3) fail(key, "[height, width]");
    return core::Size{checked_count(key, (*found)[entries - 2]),
                      checked_count(key, (*found)[entries - 1])};
  }

  std::optional<double> positive(const char* key) const {
    const json* found = find(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_number() || !(found->get<double>() > 0) || found->get<double>() > 1) {
      fail(key, "a number above 0 and at most 1");
    }
    return found->get<double>();
  }

  /// False where there is none.
  bool truth(const char* key) const {
    const json* found = find(key);
    if (found != nullptr && !found->is_boolean()) fail(key, "true or false");
    return found != nullptr && found->get<bool>();
  }

  std::optional<std::string> text(const char* key) const {
    const json* found = find(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) fail(key, "a text");
    return found->get<std::string>();
  }

  std::vector<double> numbers(const char* key) const {
    const json* found = find(key);
    if (found == nullptr) return {};
    std::vector<double> numbers;
    for (const json& number : *found) {
      if (!number.is_number() || !std::isfinite(number.get<double>())) fail(key, "finite numbers");
      numbers.push_back(number.get<double>());
    }
    return numbers;
  }

  /// An object inside this one; itself if there is none of that name.
  Reader inside(const char* key) const {
    const json* found = find(key);
    return found != nullptr && found->is_object() ? Reader(*found, source_) : *this;
  }

 private:
  const json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::int64_t checked_count(const char* key, const json& found) const {
    const auto number = found.is_number_integer() ? found.get<std::int64_t>() : 0;
    if (number < 1 || number > kLargestCount) {
      fail(key, fmt::format("a whole number from 1 to {}", kLargestCount));
    }
    return number;
  }

  [[noreturn]] void fail(const char* key, const std::string& expected) const {
    std::string text = object_.at(key).dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    throw DataError({.operation = "weights",
                     .subject = source_.string(),
                     .fault = Fault::corrupt,
                     .reason = fmt::format(": {} is {}, expected {}", key, text, expected)});
  }

  const json& object_;
  fs::path source_;
};

bool is_published_name(const std::string& name) {
  for (const char* known : {"model", "pytorch_model", "open_clip_"}) {
    if (name.starts_with(known)) return true;
  }
  return false;
}

void read_config(const Reader& root, FolderDescription& description) {
  // CLIP's has one object for each tower.
  const Reader config = root.inside("vision_config");
  description.width = config.count("hidden_size");
  description.depth = config.count("num_hidden_layers");
  description.heads = config.count("num_attention_heads");
  description.image_size = config.size("image_size");
  description.layer_norm_eps = config.positive("layer_norm_eps");
  description.activation = config.text("hidden_act");
  // timm's name of the network is all that tells its two kinds of CLIP towers apart.
  const auto architecture = root.text("architecture");
  if (!description.activation && architecture) {
    const bool quick = architecture->find("quickgelu") != std::string::npos;
    description.activation = quick ? "quick_gelu" : "gelu";
  }
  const Reader timm = root.inside("pretrained_cfg");
  if (!description.image_size) description.image_size = timm.size("input_size");
  description.mean = timm.numbers("mean");
  description.std = timm.numbers("std");
}

}  // namespace

FolderDescription describe_folder(const fs::path& weights) {
  FolderDescription description;
  if (!is_published_name(weights.filename().string())) return description;
  std::error_code ignored;
  const fs::path folder = weights.parent_path();
  if (const fs::path file = folder / "config.json"; fs::is_regular_file(file, ignored)) {
    const json config = read_json_file(file);
    read_config(Reader(config, file), description);
  }
  if (const fs::path file = folder / "preprocessor_config.json";
      fs::is_regular_file(file, ignored)) {
    const json object = read_json_file(file);
    const Reader reader(object, file);
    description.mean = reader.numbers("image_mean");
    description.std = reader.numbers("image_std");
  }
  if (const fs::path file = folder / "open_clip_config.json";
      fs::is_regular_file(file, ignored) && !description.activation) {
    const json object = read_json_file(file);
    const bool quick = Reader(object, file).inside("model_cfg").truth("quick_gelu");
    description.activation = quick ? "quick_gelu" : "gelu";
  }
  if (description.mean.size() != description.std.size()) {
    description.mean.clear();
    description.std.clear();
  }
  return description;
}

}  // namespace dbot::exchange
