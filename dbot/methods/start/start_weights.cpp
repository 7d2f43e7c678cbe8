#include "dbot/methods/start/start_weights.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/constant_pad_nd.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <filesystem>
#include <map>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/exchange/import/input_channels.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {
namespace {

constexpr const char* kSharedTable = "rel_pos_bias.relative_position_bias_table";

[[noreturn]] void refuse_parts(const std::string& path, const char* parts) {
  throw UsageError({.operation = "start",
                    .subject = path,
                    .fault = Fault::unsupported,
                    .reason = fmt::format("has {}, which recipes cannot describe", parts),
                    .way_out = "start from the encoder of another network"});
}

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

 private:
  /// "width" of "model.width".
  static std::string what(const std::string& key) { return key.substr(key.find('.') + 1); }

  std::string path_;
};

void check_network(const std::string& path, const nn::EncoderConfig& stored,
                   const nn::EncoderConfig& model) {
  const Comparison comparison(path);
  comparison.same("model.patch_size", stored.patch_size, model.patch_size);
  comparison.same("model.width", stored.width, model.width);
  comparison.same("model.depth", stored.depth, model.depth);
  comparison.same("model.heads", stored.heads, model.heads);
  comparison.same("model.mlp_ratio", stored.mlp_ratio, model.mlp_ratio);
  comparison.same("model.layer_norm_eps", stored.layer_norm_eps, model.layer_norm_eps);
  comparison.same("model.position_table", stored.position_table, model.position_table);
  comparison.same("model.key_bias", stored.key_bias, model.key_bias);
  comparison.same("model.gelu", gelu_name(stored.gelu), gelu_name(model.gelu));
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

/// Patches alone have rows in the table of a network without a class token. The row of one that is
/// drawn anew is zero, as in the sine-cosine table.
void add_class_token(StartWeights& start) {
  start.missing.emplace_back("cls_token");
  const auto table = start.parameters.find("pos_embed");
  if (table == start.parameters.end()) return;
  table->second = at::constant_pad_nd(table->second, {0, 0, 1, 0});
}

void put_onto_grid(StartWeights& start, const nn::EncoderConfig& stored,
                   const nn::EncoderConfig& model) {
  if (stored.image_size == model.image_size) return;
  exchange::resize_positions(start.parameters, stored, model.grid());
  const auto [from, to] = std::pair{stored.grid(), model.grid()};
  if (from == to) return;
  const char* how = stored.position_resize == nn::PositionResize::antialiased
                        ? "bicubic with antialiasing"
                    : stored.position_resize == nn::PositionResize::offset ? "bicubic, DINO's scale"
                                                                           : "bicubic";
  start.positions_rule = fmt::format("positions of {}×{} patches resized to {}×{} ({})",
                                     from.height, from.width, to.height, to.width, how);
}

/// "head.weight, head.bias": few by their names, many by the first word of these.
std::string names_text(const std::vector<std::string>& names) {
  constexpr std::size_t kFew = 4;
  if (names.size() <= kFew) return fmt::format("{}", fmt::join(names, ", "));
  std::map<std::string, std::int64_t> roots;
  for (const std::string& name : names) ++roots[name.substr(0, name.find('.'))];
  std::vector<std::string> texts;
  for (const auto& [root, count] : roots) {
    if (texts.size() == kFew) break;
    texts.push_back(fmt::format("{} ({} {})", root, count, count == 1 ? "tensor" : "tensors"));
  }
  const std::size_t others = roots.size() - texts.size();
  return fmt::format("{}{}", fmt::join(texts, ", "),
                     others > 0 ? fmt::format(" and {} more", others) : "");
}

}  // namespace

nn::EncoderConfig trainable_network(const std::string& path, const nn::EncoderConfig& stored) {
  if (stored.norm_before || stored.projection > 0 || stored.gelu == nn::Gelu::quick ||
      !stored.patch_bias) {
    refuse_parts(path,
                 "the layers of CLIP's tower (a norm before the blocks, a projection, a quick "
                 "GELU)");
  }
  nn::EncoderConfig network = stored;
  network.class_token = true;
  network.pooled_norm = false;
  if (!network.can_be_trained()) {
    refuse_parts(path,
                 "parts that only frozen networks have (rotary positions, registers, a gated MLP, "
                 "norms inside its blocks, attention pooling)");
  }
  return network;
}

exchange::EncoderHints start_hints(const nn::EncoderConfig& model) {
  constexpr std::int64_t kUsualHead = 64;  // columns
  exchange::EncoderHints hints;
  if (model.width != kUsualHead * model.heads) hints.heads = model.heads;
  return hints;
}

StartWeights load_start_weights(const std::string& path, const nn::EncoderConfig& model,
                                const exchange::EncoderHints& hints) {
  const std::filesystem::path file = exchange::resolve_model_path(path);
  exchange::ImportedEncoder imported = exchange::import_encoder(file, hints);
  exchange::LoadedEncoder& loaded = imported.encoder;
  StartWeights start;
  start.channels_rule = exchange::adapt_channels(loaded, model.channels);
  const nn::EncoderConfig& stored = loaded.description.config;
  check_network(path, trainable_network(path, stored), model);
  start.origins = exchange::origins_of(file, loaded.description);
  start.mean = loaded.description.mean;
  start.std = loaded.description.std;
  start.grid = stored.grid();
  start.parameters = std::move(loaded.parameters);
  start.parameters.merge(std::move(loaded.head));
  start.filled = std::move(imported.report.filled);
  start.left = std::move(imported.report.ignored);
  std::erase(start.left, "description");  // what a checkpoint of ours says of itself
  for (const char* part : {"head.weight", "head.bias"}) {
    if (start.parameters.erase(part) > 0) start.left.emplace_back(part);
  }
  put_onto_grid(start, stored, model);
  if (!stored.class_token) add_class_token(start);
  if (model.relative_positions == nn::RelativePositions::each_block) {
    copy_shared_table(start.parameters, model.depth);
  }
  return start;
}

std::string fitting_text(const StartWeights& start) {
  std::vector<std::string> texts;
  for (const std::string& rule : {start.positions_rule, start.channels_rule}) {
    if (!rule.empty()) texts.push_back(rule);
  }
  texts.insert(texts.end(), start.filled.begin(), start.filled.end());
  for (const std::string& name : start.missing) {
    texts.push_back(name + " drawn anew, the file has none");
  }
  if (!start.left.empty()) texts.push_back("left: " + names_text(start.left));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace dbot::methods
