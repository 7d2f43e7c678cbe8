// The same weights under the names of other projects.
#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/names/tensor_names.h"
#include "tests/golden/support/registry.h"
#include "tests/golden/support/weights_files.h"

namespace dbot::golden {
namespace {

namespace fs = std::filesystem;

bool is_decoder(const std::string& name) {
  return name.starts_with("decoder_") || name == "mask_token";
}

/// The weights under official names: from BASE.expected.safetensors, else from a checkpoint
/// BASE.pth, else from the timm file of the same base. Empty if there is none of them.
runtime::NamedTensors reference_of(const Fixture& fixture) {
  const fs::path folder = fixture.path.parent_path();
  const std::string base = base_of(fixture.path);
  if (const fs::path file = folder / (base + ".expected.safetensors"); fs::exists(file)) {
    return read_fixture(file).with_prefix("model.");
  }
  if (const fs::path file = folder / (base + ".pth"); fs::exists(file)) {
    const auto source = exchange::WeightsSource::open(file);
    runtime::NamedTensors tensors;
    for (const auto& [name, tensor] : source.read(source.names())) {
      if (name.starts_with("model.")) tensors.emplace(name.substr(6), tensor);
    }
    return tensors;
  }
  const fs::path timm = folder / (base + ".timm.safetensors");
  return fs::exists(timm) ? read_fixture(timm).with_prefix("") : runtime::NamedTensors();
}

void compare_all(const std::string& what, const runtime::NamedTensors& ours,
                 const runtime::NamedTensors& expected, Comparison& comparison) {
  comparison.truth(what + ": as many tensors", ours.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    const auto found = ours.find(name);
    comparison.truth(what + ": " + name, found != ours.end() && same_bits(found->second, tensor));
  }
}

exchange::EncoderHints hints_of(const Fixture& fixture) {
  exchange::EncoderHints hints;
  const nlohmann::json& config = fixture.config;
  if (config.contains("num_heads")) hints.heads = config.at("num_heads").get<std::int64_t>();
  if (!config.contains("img_size")) return hints;
  const nlohmann::json& size = config.at("img_size");
  hints.image_size = size.is_array()
                         ? core::Size{size.at(0), size.at(1)}
                         : core::Size{size.get<std::int64_t>(), size.get<std::int64_t>()};
  return hints;
}

/// The program's own way in gives the same encoder, and the shape that `config` says.
void compare_import(const Fixture& fixture, const fs::path& file,
                    const runtime::NamedTensors& official, Comparison& comparison) {
  const auto imported = exchange::import_encoder(file, hints_of(fixture));
  for (const auto& [name, tensor] : imported.encoder.parameters) {
    comparison.truth(
        file.filename().string() + " imported: " + name,
        official.contains(name) && same_bits(tensor, official.at(name).to(at::kFloat)));
  }
  const nn::EncoderConfig& config = imported.encoder.description.config;
  const auto agrees = [&](const char* key, std::int64_t ours) {
    comparison.truth(file.filename().string() + ": " + key,
                     value_or(fixture.config, key, ours) == ours);
  };
  agrees("embed_dim", config.width);
  agrees("depth", config.depth);
  agrees("num_heads", config.heads);
  agrees("patch_size", config.patch_size);
}

bool is_official(const runtime::NamedTensors& tensors) {
  return tensors.contains("patch_embed.proj.weight");
}

}  // namespace

void check_checkpoint_names(const Fixture& fixture, Comparison& comparison) {
  const runtime::NamedTensors tensors = fixture.with_prefix("");
  runtime::NamedTensors reference = reference_of(fixture);
  const std::string name = fixture.path.filename().string();
  if (is_official(tensors)) {
    std::erase_if(reference, [&](const auto& entry) {
      return is_decoder(entry.first) && !fixture.has(entry.first);
    });
    if (!reference.empty()) compare_all(name, tensors, reference, comparison);
    compare_import(fixture, fixture.path, tensors, comparison);
    // Files that no expected file speaks of hold these tensors, nested or not.
    for (const fs::path& file : unclaimed_files(fixture.path.parent_path())) {
      compare_import(fixture, file, tensors, comparison);
    }
    return;
  }
  const exchange::RenamedTensors official = exchange::hugging_face_to_official(tensors);
  comparison.truth(name + ": every name has a place", official.left_out.empty());
  if (!reference.empty()) {
    runtime::NamedTensors ours = official.tensors;
    const bool decoder = ours.contains("decoder_embed.weight");
    if (!decoder) std::erase_if(reference, [](const auto& e) { return is_decoder(e.first); });
    compare_all(name, ours, reference, comparison);
  }
  compare_import(fixture, fixture.path, official.tensors, comparison);
  const bool current = std::ranges::any_of(tensors, [](const auto& entry) {
    return entry.first.find("layers.0.attention.q_proj") != std::string::npos;
  });
  const bool prefixed = fixture.has("vit.embeddings.cls_token");
  const auto back = exchange::to_hugging_face(official.tensors,
                                              current ? exchange::NameStyle::hugging_face_current
                                                      : exchange::NameStyle::hugging_face_classic,
                                              prefixed ? "vit." : "");
  compare_all(name + " and back", back.tensors, tensors, comparison);
}

}  // namespace dbot::golden
