#include "dbot/methods/start/start_weights.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/import/input_channels.h"
#include "dbot/exchange/import/weights_origin.h"

namespace dbot::methods {
namespace {

constexpr const char* kSharedTable = "rel_pos_bias.relative_position_bias_table";

/// Compares a file's network with the recipe's, key by key.
class Comparison {
 public:
  explicit Comparison(std::string path) : path_(std::move(path)) {}

  template <typename Value>
  void same(const char* key, const Value& stored, const Value& wanted) const {
    if (stored == wanted) return;
    throw UsageError(
        {.operation = "start",
         .subject = path_,
         .fault = Fault::mismatch,
         .reason = fmt::format("has {} {}, but {} is {}", what(key), stored, key, wanted),
         .way_out = fmt::format("set {} = {}, or start from other weights", key, stored)});
  }

  [[noreturn]] void unsupported(const std::string& what) const {
    throw UsageError({.operation = "start",
                      .subject = path_,
                      .fault = Fault::unsupported,
                      .reason = fmt::format("has {}, which recipes cannot describe", what),
                      .way_out = "start from the encoder of another network"});
  }

 private:
  /// "width" of "model.width".
  static std::string what(const std::string& key) { return key.substr(key.find('.') + 1); }

  std::string path_;
};

void check_network(const std::string& path, const nn::EncoderConfig& stored,
                   const nn::EncoderConfig& model) {
  const Comparison comparison(path);
  if (stored.norm_before || stored.projection > 0 || stored.gelu != nn::Gelu::exact ||
      !stored.patch_bias) {
    comparison.unsupported(
        "the layers of CLIP's tower (a norm before the blocks, a projection, "
        "a quick GELU)");
  }
  if (!stored.can_be_trained()) {
    comparison.unsupported(
        "parts that only frozen networks have (rotary positions, registers, a gated MLP, norms "
        "inside its blocks, no class token)");
  }
  comparison.same("model.patch_size", stored.patch_size, model.patch_size);
  comparison.same("model.width", stored.width, model.width);
  comparison.same("model.depth", stored.depth, model.depth);
  comparison.same("model.heads", stored.heads, model.heads);
  comparison.same("model.mlp_ratio", stored.mlp_ratio, model.mlp_ratio);
  comparison.same("model.layer_norm_eps", stored.layer_norm_eps, model.layer_norm_eps);
  comparison.same("model.position_table", stored.position_table, model.position_table);
  comparison.same("model.key_bias", stored.key_bias, model.key_bias);
  if ((stored.layer_scale > 0) != (model.layer_scale > 0)) {
    comparison.same("model.layer_scale", stored.layer_scale, model.layer_scale);
  }
  const auto name = [](nn::RelativePositions kind) {
    constexpr const char* kNames[] = {"none", "shared", "each_block"};
    return std::string(kNames[static_cast<int>(kind)]);
  };
  // A table for all blocks may become one in each.
  if (stored.relative_positions == nn::RelativePositions::shared &&
      model.relative_positions == nn::RelativePositions::each_block) {
    return;
  }
  comparison.same("model.relative_positions", name(stored.relative_positions),
                  name(model.relative_positions));
}

void copy_shared_table(runtime::NamedTensors& parameters, std::int64_t depth) {
  const auto shared = parameters.find(kSharedTable);
  if (shared == parameters.end()) return;
  for (std::int64_t block = 0; block < depth; ++block) {
    parameters.emplace(fmt::format("blocks.{}.attn.relative_position_bias_table", block),
                       shared->second);
  }
}

}  // namespace

StartWeights load_start_weights(const std::string& path, const nn::EncoderConfig& model,
                                const exchange::EncoderHints& hints) {
  const std::filesystem::path file = exchange::resolve_model_path(path);
  exchange::LoadedEncoder loaded = exchange::load_encoder(file, hints);
  StartWeights start;
  start.channels_rule = exchange::adapt_channels(loaded, model.channels);
  const nn::EncoderConfig& stored = loaded.description.config;
  check_network(path, stored, model);
  start.origins = exchange::origins_of(file, loaded.description);
  start.mean = loaded.description.mean;
  start.std = loaded.description.std;
  start.grid = stored.grid();
  start.parameters = std::move(loaded.parameters);
  start.parameters.merge(std::move(loaded.head));
  start.parameters.erase("head.weight");
  start.parameters.erase("head.bias");
  if (stored.image_size != model.image_size) {
    exchange::resize_positions(start.parameters, stored, model.grid());
  }
  if (model.relative_positions == nn::RelativePositions::each_block) {
    copy_shared_table(start.parameters, model.depth);
  }
  return start;
}

}  // namespace dbot::methods
