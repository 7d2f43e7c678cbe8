// Checkpoints as PyTorch wrote them, against their tensors and values.
#include <ATen/ops/arange.h>
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"
#include "tests/golden/support/weights_files.h"

namespace dbot::golden {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kModel = "model.", kOptimizer = "optim.";

/// The names of an optimizer's state are numbers: the places in this list.
std::map<std::string, std::string> optimizer_numbers(const json& config) {
  std::map<std::string, std::string> numbers;
  const json order = config.value("optimizer_parameter_order", json::array());
  for (std::size_t i = 0; i < order.size(); ++i) {
    numbers[order[i].get<std::string>()] = std::to_string(i);
  }
  return numbers;
}

/// "optimizer.state.3.exp_avg" of "optim.exp_avg.blocks.0.norm1.weight".
std::string optimizer_name(const std::string& name,
                           const std::map<std::string, std::string>& numbers) {
  const std::string rest = name.substr(kOptimizer.size());
  const auto dot = rest.find('.');
  return fmt::format("optimizer.state.{}.{}", numbers.at(rest.substr(dot + 1)),
                     rest.substr(0, dot));
}

/// What a tensor of the fixture may be called in the file.
std::vector<std::string> names_in_file(const std::string& name,
                                       const std::map<std::string, std::string>& numbers) {
  if (name.starts_with(kOptimizer)) return {optimizer_name(name, numbers)};
  const std::string bare = name.starts_with(kModel) ? name.substr(kModel.size()) : name;
  return {std::string(kModel) + bare, bare, "state_dict." + bare, "teacher." + bare};
}

bool is_tensor_of_file(const std::string& name) {
  return !name.starts_with("in.") && !name.starts_with("out.");
}

void compare_tensors(const Fixture& fixture, const fs::path& file, Comparison& comparison) {
  const auto source = exchange::WeightsSource::open(file);
  const auto names = source.names();
  const std::set<std::string> there(names.begin(), names.end());
  const auto numbers = optimizer_numbers(fixture.config);
  std::size_t compared = 0;
  for (const std::string& name : fixture.names()) {
    if (!is_tensor_of_file(name)) continue;
    const std::string what = file.filename().string() + ": " + name;
    const auto candidates = names_in_file(name, numbers);
    const auto found =
        std::ranges::find_if(candidates, [&](const auto& n) { return there.contains(n); });
    comparison.truth(what + " is there", found != candidates.end());
    if (found == candidates.end()) continue;
    comparison.bits(name, source.read({*found}).at(*found), what);
    ++compared;
  }
  comparison.truth(file.filename().string() + ": no other tensors", compared == there.size());
}

/// Everything of `config` that a key of the file's root answers.
void compare_values(const Fixture& fixture, const fs::path& file, Comparison& comparison) {
  const auto weights = formats::WeightsFile::open(file);
  const auto root = nlohmann::ordered_json::parse(weights.values());
  const std::string stem = file.filename().string() + ": ";
  const json& config = fixture.config;
  if (config.contains("root_keys")) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : root.items()) keys.push_back(key);
    comparison.truth(stem + "root keys", config.at("root_keys") == keys);
  }
  if (config.contains("optimizer_groups")) {
    const json groups = json::parse(root.at("optimizer").at("param_groups").dump());
    comparison.truth(stem + "optimizer groups", groups == config.at("optimizer_groups"));
  }
  for (const auto& [key, expected] : config.items()) {
    if (key == "root_keys" || key.starts_with("optimizer_") || !root.contains(key)) continue;
    comparison.truth(stem + key, json::parse(root.at(key).dump()) == expected);
  }
}

/// Heads are in no checkpoint: from `config` of this fixture or of one of the same weights, else
/// one for every eight columns, as in the small networks of these fixtures.
nlohmann::json network_json(const Fixture& fixture, const runtime::NamedTensors& weights) {
  nlohmann::json config = fixture.config;
  for (const char* kind : {".hf.safetensors", ".timm.safetensors"}) {
    const fs::path other = fixture.path.parent_path() / (base_of(fixture.path) + kind);
    if (!config.contains("num_heads") && fs::exists(other)) {
      config.update(read_fixture(other).config);
    }
  }
  const at::Tensor& images = fixture.at("in.images");
  const std::int64_t width = weights.at("cls_token").size(2);
  const std::int64_t decoder_width = weights.at("mask_token").size(2);
  const nlohmann::json from_shapes{
      {"img_size", {images.size(2), images.size(3)}},
      {"patch_size", weights.at("patch_embed.proj.weight").size(2)},
      {"embed_dim", width},
      {"decoder_embed_dim", decoder_width},
      {"num_heads", value_or(config, "num_heads", std::max<std::int64_t>(width / 8, 1))},
      {"decoder_num_heads",
       value_or(config, "decoder_num_heads", std::max<std::int64_t>(decoder_width / 4, 1))}};
  config.update(from_shapes);
  return config;
}

/// The number in "out.loss_ratio50_normpix", in percent.
int ratio_of(const std::string& name) {
  const auto mark = name.find("ratio");
  return mark == std::string::npos ? 75 : std::atoi(name.c_str() + mark + 5);
}

/// An imported checkpoint computes what its network computed.
void compare_outputs(const Fixture& fixture, Comparison& comparison) {
  const runtime::NamedTensors weights = fixture.with_prefix(std::string(kModel));
  const at::Tensor& images = fixture.at("in.images");
  const nn::MaskedAutoencoder student = make_student(
      student_config(network_json(fixture, weights), images.size(1), weights), weights);
  if (fixture.has("out.features_unmasked")) {
    comparison.tensor("out.features_unmasked", student.encode(images, {}, at::kFloat),
                      limits::value);
  }
  for (const std::string& name : fixture.names("out.loss")) {
    const std::string full = "out.loss" + name;
    const std::int64_t kept =
        masking::kept_patches(student.encoder().config().patches(), ratio_of(full) / 100.0);
    const masking::Mask mask = masking::random_mask(fixture.at("in.noise"), kept);
    const at::Tensor latent = student.encode(images, mask.ids_keep, at::kFloat);
    const at::Tensor prediction = student.decode(latent, mask.ids_restore, at::kFloat).slice(1, 1);
    if (fixture.has("out.pred")) comparison.tensor("out.pred", prediction, limits::value);
    const bool normalised = full.find("normpix") != std::string::npos;
    const at::Tensor target = objectives::pixel_target(
        images, student.encoder().config().patch_size,
        normalised ? objectives::Normalisation::patch : objectives::Normalisation::none);
    const objectives::LossConfig mse{.kind = objectives::LossKind::mse};
    comparison.numbers(
        full, objectives::masked_mean(objectives::token_loss(prediction, target, mse), mask.mask),
        limits::loss);
  }
}

}  // namespace

void check_checkpoint_import(const Fixture& fixture, Comparison& comparison) {
  const auto files = files_of(fixture.path);
  if (files.empty()) throw Error("[golden] there is no checkpoint beside the fixture");
  for (const fs::path& file : files) {
    compare_tensors(fixture, file, comparison);
    compare_values(fixture, file, comparison);
  }
  if (fixture.has("in.images")) compare_outputs(fixture, comparison);
}

}  // namespace dbot::golden
