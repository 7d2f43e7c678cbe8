#include "dbot/exchange/import/folder_description.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/exchange/import/json_fields.h"
#include "dbot/exchange/import/preprocessing.h"
#include "dbot/exchange/json_file.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void read_config(const JsonFields& root, FolderDescription& description) {
  // CLIP's has one object for each tower.
  const JsonFields config = root.inside("vision_config");
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
  description.rotary = root.has("rope_theta") || root.has("rope_parameters");
  for (const char* family : {"rope", "eva02", "dinov3"}) {
    // timm computes such positions and stores nothing of them.
    if (architecture && architecture->find(family) != std::string::npos) description.rotary = true;
  }
  const JsonFields timm = root.inside("pretrained_cfg");
  if (!description.image_size) description.image_size = timm.size("input_size");
  description.mean = timm.numbers("mean");
  description.std = timm.numbers("std");
}

}  // namespace

bool is_published_name(const std::string& name) {
  for (const char* known : {"model", "pytorch_model", "open_clip_"}) {
    if (name.starts_with(known)) return true;
  }
  return false;
}

FolderDescription describe_folder(const fs::path& weights) {
  FolderDescription description;
  if (!is_published_name(weights.filename().string())) return description;
  std::error_code ignored;
  const fs::path folder = weights.parent_path();
  if (const fs::path file = folder / "config.json"; fs::is_regular_file(file, ignored)) {
    const json config = read_json_file(file);
    read_config(JsonFields(config, file), description);
  }
  if (const fs::path file = folder / "open_clip_config.json";
      fs::is_regular_file(file, ignored) && !description.activation) {
    const json object = read_json_file(file);
    const bool quick =
        JsonFields(object, file).inside("model_cfg").truth("quick_gelu").value_or(false);
    description.activation = quick ? "quick_gelu" : "gelu";
  }
  if (description.mean.size() != description.std.size()) {
    description.mean.clear();
    description.std.clear();
  }
  if (const fs::path file = folder / "preprocessor_config.json";
      fs::is_regular_file(file, ignored)) {
    read_preprocessing(file, description);
  }
  return description;
}

}  // namespace dbot::exchange
