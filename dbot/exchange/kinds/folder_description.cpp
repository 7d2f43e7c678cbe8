#include "dbot/exchange/kinds/folder_description.h"

#include <string_view>

#include "dbot/core/error.h"
#include "dbot/exchange/json_file.h"
#include "dbot/exchange/kinds/json_fields.h"
#include "dbot/exchange/kinds/preprocessing.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double kLargestBase = 1e9;  // of rotary positions

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// timm's name of a network is all that tells kinds of GELU apart.
std::string activation_of(const std::string& architecture) {
  if (contains(architecture, "quickgelu")) return "quick_gelu";
  for (const char* family :
       {"large_patch16_siglip_512", "large_patch16_siglip_gap_512", "patch32_siglip",
        "so400m_patch16_siglip", "giantopt_patch16_siglip"}) {
    if (contains(architecture, family)) return "gelu_pytorch_tanh";
  }
  return "gelu";
}

/// Of networks of timm whose heads have not 64 columns.
std::optional<std::int64_t> heads_of(const std::string& architecture) {
  if (contains(architecture, "dinov3")) {
    return contains(architecture, "7b") ? std::optional<std::int64_t>(32) : std::nullopt;
  }
  const bool dino = contains(architecture, "dinov2");
  for (const char* family :
       {"so400m", "giantopt", "gigantic", "vit_huge", "vit_giant", "eva_giant"}) {
    if (!dino && contains(architecture, family)) return 16;
  }
  return std::nullopt;
}

RotaryFacts::Family rotary_family(const std::string& architecture) {
  using Family = RotaryFacts::Family;
  // Its blocks have their norms behind the branches.
  if (contains(architecture, "eva02_enormous")) return Family::other;
  if (contains(architecture, "eva02")) return Family::eva02;
  if (contains(architecture, "dinov3")) return Family::dinov3;
  return contains(architecture, "rope") || architecture.starts_with("vit_pe_") ? Family::other
                                                                               : Family::none;
}

/// Arguments with which a network of timm differs from what its name says.
void read_timm_arguments(const JsonFields& arguments, FolderDescription& description) {
  using Family = RotaryFacts::Family;
  if (const auto heads = arguments.count("num_heads")) description.heads = heads;
  if (const auto size = arguments.size("img_size")) description.image_size = size;
  if (const auto act = arguments.text("act_layer")) {
    description.activation = *act == "gelu_tanh" ? "gelu_pytorch_tanh" : *act;
  }
  RotaryFacts& rotary = description.rotary;
  if (const auto reference = arguments.size("ref_feat_shape")) rotary.reference = reference;
  if (const auto base = arguments.positive("rope_temperature", kLargestBase)) rotary.base = base;
  if (arguments.truth("use_rot_pos_emb") == false) rotary.family = Family::none;
  const std::vector<double> offset = arguments.numbers("rope_grid_offset");
  const bool other_grid = arguments.text("rope_grid_indexing").value_or("ij") != "ij" ||
                          (!offset.empty() && offset.front() != 0);
  const auto type = arguments.text("rope_type");
  const bool other_type = type && *type != "cat" && *type != "dinov3";
  if (type == "dinov3") rotary.family = Family::dinov3;
  if (other_grid || other_type || arguments.truth("use_post_norm") == true) {
    rotary.family = Family::other;
  }
}

void read_architecture(const JsonFields& root, FolderDescription& description) {
  const auto architecture = root.text("architecture");
  if (!architecture) return;
  description.family = *architecture;
  if (!description.activation) description.activation = activation_of(*architecture);
  if (!description.heads) description.heads = heads_of(*architecture);
  description.rotary.family = rotary_family(*architecture);
  if (root.has("model_args")) read_timm_arguments(root.inside("model_args"), description);
}

/// transformers' fields of rotary positions; only DINOv3's are known.
void read_rotary(const JsonFields& config, FolderDescription& description) {
  const bool has_base = config.has("rope_theta") || config.has("rope_parameters");
  const bool dinov3 = description.family == "dinov3_vit";
  if (!has_base && !dinov3) return;
  description.rotary.family = dinov3 ? RotaryFacts::Family::dinov3 : RotaryFacts::Family::other;
  const JsonFields parameters = config.inside("rope_parameters");
  if (parameters.text("rope_type").value_or("default") != "default") {
    description.rotary.family = RotaryFacts::Family::other;
  }
  description.rotary.base = parameters.positive("rope_theta", kLargestBase);
}

void read_config(const JsonFields& root, FolderDescription& description) {
  // CLIP's has one object for each tower.
  const JsonFields config = root.inside("vision_config");
  description.width = config.count("hidden_size");
  description.depth = config.count("num_hidden_layers");
  description.heads = config.count("num_attention_heads");
  description.image_size = config.size("image_size");
  description.layer_norm_eps = config.positive("layer_norm_eps");
  description.activation = config.text("hidden_act");
  const auto type = config.text("model_type");
  description.family = type ? *type : root.text("model_type").value_or("");
  read_rotary(config, description);
  read_architecture(root, description);
  const JsonFields timm = root.inside("pretrained_cfg");
  if (!description.image_size) description.image_size = timm.size("input_size");
  description.mean = timm.numbers("mean");
  description.std = timm.numbers("std");
}

/// What the files before it did not say.
void read_open_clip(const JsonFields& root, FolderDescription& description) {
  const JsonFields model = root.inside("model_cfg");
  const JsonFields tower = model.inside("vision_cfg");
  if (const auto name = tower.text("timm_model_name")) {
    description.family = *name;
    if (!description.activation) description.activation = activation_of(*name);
    if (!description.heads) description.heads = heads_of(*name);
    if (description.rotary.family == RotaryFacts::Family::none) {
      description.rotary.family = rotary_family(*name);
    }
  } else if (model.has("vision_cfg")) {
    const auto width = tower.count("width");
    const std::int64_t columns = tower.count("head_width").value_or(64);
    if (!description.heads && width) description.heads = *width / columns;
    if (!description.layer_norm_eps) {
      description.layer_norm_eps = tower.inside("norm_kwargs").positive("eps");
    }
    const bool tanh = tower.inside("act_kwargs").text("approximate") == "tanh";
    if (tanh && !description.activation) description.activation = "gelu_pytorch_tanh";
  }
  if (!description.activation) {
    const bool quick = model.truth("quick_gelu").value_or(false);
    description.activation = quick ? "quick_gelu" : "gelu";
  }
  if (!description.image_size) description.image_size = tower.size("image_size");
  description.antialiased_positions = true;
  const JsonFields pixels = root.inside("preprocess_cfg");
  if (description.mean.empty()) description.mean = pixels.numbers("mean");
  if (description.std.empty()) description.std = pixels.numbers("std");
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
  if (const fs::path file = folder / "open_clip_config.json"; fs::is_regular_file(file, ignored)) {
    const json object = read_json_file(file);
    read_open_clip(JsonFields(object, file), description);
  }
  description.rotary.described = !description.family.empty();
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
