#include "dbot/exchange/onnx/onnx_layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <cmath>

#include "dbot/nn/vit/relative_positions.h"
#include "dbot/nn/vit/rotary.h"

namespace dbot::exchange {

std::string OnnxLayers::linear(const std::string& name, const std::string& x) {
  return graph_.linear(name, x, parameter(name + ".weight"), parameter(name + ".bias"));
}

std::string OnnxLayers::layer_norm(const std::string& name, const std::string& x) {
  return graph_.layer_norm(name, x, parameter(name + ".weight"), parameter(name + ".bias"),
                           config_.layer_norm_eps);
}

std::string OnnxLayers::norm_again(const std::string& name, const std::string& result,
                                   const std::string& x) {
  return graph_.node(
      "LayerNormalization", result, {x, name + ".weight", name + ".bias"},
      {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(config_.layer_norm_eps)}});
}

std::string OnnxLayers::reshape(const std::string& name, const std::string& x,
                                const std::vector<std::int64_t>& shape) {
  return graph_.node("Reshape", name, {x, graph_.integers(shape)});
}

std::string OnnxLayers::transpose(const std::string& name, const std::string& x,
                                  const std::vector<std::int64_t>& order) {
  return graph_.node("Transpose", name, {x}, {{"perm", order}});
}

std::string OnnxLayers::blocks(std::string tokens) {
  using nn::RelativePositions;
  if (config_.relative_positions != RelativePositions::none) {
    relative_index_ = graph_.integer_tensor("relative_position_index",
                                            nn::relative_position_index(config_.grid()));
  }
  if (config_.relative_positions == RelativePositions::shared) {
    shared_bias_ = relative_bias("rel_pos_bias.relative_position_bias_table");
  }
  if (config_.rotary.coordinates != nn::RotaryCoordinates::none) make_rotary_tables();
  for (std::int64_t number = 0; number < config_.depth; ++number) {
    tokens = block(fmt::format("blocks.{}", number), tokens);
  }
  return tokens;
}

/// [heads, tokens, tokens].
std::string OnnxLayers::relative_bias(const std::string& table) {
  const std::string rows = graph_.node("Gather", table + ".rows",
                                       {graph_.weight(table, parameter(table)), relative_index_},
                                       {{"axis", std::int64_t{0}}});
  return transpose(table + ".bias", rows, {2, 0, 1});
}

std::string OnnxLayers::query_key_value(const std::string& name, const std::string& x) {
  const at::Tensor& weight = parameter(name + ".qkv.weight");
  if (config_.key_bias)
    return graph_.linear(name + ".qkv", x, weight, parameter(name + ".qkv.bias"));
  const at::Tensor& query = parameter(name + ".q_bias");
  return graph_.linear(name + ".qkv", x, weight,
                       at::cat({query, at::zeros_like(query), parameter(name + ".v_bias")}));
}

std::string OnnxLayers::logits(const std::string& name, const std::string& query,
                               const std::string& keys) {
  const std::string products = graph_.node("MatMul", name + ".logits", {query, keys});
  if (config_.relative_positions == nn::RelativePositions::none) return products;
  const std::string bias =
      shared_bias_.empty() ? relative_bias(name + ".relative_position_bias_table") : shared_bias_;
  return graph_.node("Add", name + ".biased_logits", {products, bias});
}

/// Tokens before the patches turn by nothing.
void OnnxLayers::make_rotary_tables() {
  const std::int64_t prefix = config_.prefix_tokens(), size = config_.head_width();
  const nn::RotaryTable table =
      nn::rotary_table(config_.rotary, parameter("rope_embed.periods"), config_.grid());
  cosine_ = graph_.weight("rotary.cosine",
                          at::cat({at::ones({prefix, size}), table.cosine}).contiguous());
  sine_ =
      graph_.weight("rotary.sine", at::cat({at::zeros({prefix, size}), table.sine}).contiguous());
  // x · turn: each pair of columns (a, b) as (−b, a).
  at::Tensor turn = at::zeros({size, size});
  const bool halves = config_.rotary.pairs == nn::RotaryPairs::halves;
  for (std::int64_t pair = 0; pair < size / 2; ++pair) {
    const std::int64_t first = halves ? pair : 2 * pair;
    const std::int64_t second = halves ? pair + size / 2 : 2 * pair + 1;
    turn[second][first] = -1;
    turn[first][second] = 1;
  }
  quarter_turn_ = graph_.weight("rotary.quarter_turn", turn);
}

/// [batch, tokens, heads, head width] of [batch, tokens, width], its axes in another order.
std::string OnnxLayers::head_major(const std::string& part,
                                   const std::vector<std::int64_t>& order) {
  return transpose(part + ".heads",
                   reshape(part + ".parts", part, {0, 0, config_.heads, config_.head_width()}),
                   order);
}

std::string OnnxLayers::rotated(const std::string& x) {
  const std::string straight = graph_.node("Mul", x + ".straight", {x, cosine_});
  const std::string turned = graph_.node("MatMul", x + ".turned", {x, quarter_turn_});
  return graph_.node("Add", x + ".rotated",
                     {straight, graph_.node("Mul", x + ".crossed", {turned, sine_})});
}

/// Queries or keys by head, as they are compared.
std::string OnnxLayers::placed(const std::string& part, const std::string& norm) {
  std::string heads = head_major(part);
  if (config_.head_norm) heads = layer_norm(norm, heads);
  return cosine_.empty() ? heads : rotated(heads);
}

std::string OnnxLayers::attention(const std::string& name, const std::string& x) {
  const auto qkv = graph_.nodes("Split", name + ".split", {query_key_value(name, x)},
                                {"q", "k", "v"}, {{"axis", std::int64_t{-1}}});
  const std::string scale =
      graph_.number("attention_scale",
                    static_cast<float>(1.0 / std::sqrt(static_cast<double>(config_.head_width()))));
  const std::string query =
      graph_.node("Mul", name + ".query", {placed(qkv[0], name + ".q_norm"), scale});
  const bool plain = !config_.head_norm && cosine_.empty();
  const std::string keys =
      plain ? head_major(qkv[1], {0, 2, 3, 1})
            : transpose(name + ".keys", placed(qkv[1], name + ".k_norm"), {0, 1, 3, 2});
  const std::string weights = graph_.node("Softmax", name + ".weights", {logits(name, query, keys)},
                                          {{"axis", std::int64_t{-1}}});
  const std::string mixed = graph_.node("MatMul", name + ".mixed", {weights, head_major(qkv[2])});
  std::string joined = reshape(name + ".joined", transpose(name + ".turned", mixed, {0, 2, 1, 3}),
                               {0, 0, config_.width});
  if (config_.attention_norm) joined = layer_norm(name + ".norm", joined);
  return linear(name + ".proj", joined);
}

std::string OnnxLayers::attention_pool(const std::string& patches) {
  const std::string name = "attn_pool";
  const std::int64_t heads = config_.heads, size = config_.head_width();
  const at::Tensor query = at::linear(parameter(name + ".latent"), parameter(name + ".q.weight"),
                                      parameter(name + ".q.bias"))
                               .view({1, 1, heads, size})
                               .transpose(1, 2) /
                           std::sqrt(static_cast<double>(size));
  const auto kv = graph_.nodes("Split", name + ".split", {linear(name + ".kv", patches)},
                               {"k", "v"}, {{"axis", std::int64_t{-1}}});
  const std::string keys = transpose(name + ".keys", head_major(kv[0]), {0, 1, 3, 2});
  const std::string logits = graph_.node(
      "MatMul", name + ".logits", {graph_.weight(name + ".query", query.contiguous()), keys});
  const std::string weights =
      graph_.node("Softmax", name + ".weights", {logits}, {{"axis", std::int64_t{-1}}});
  const std::string mixed = graph_.node("MatMul", name + ".mixed", {weights, head_major(kv[1])});
  const std::string seen =
      linear(name + ".proj", reshape(name + ".joined", mixed, {0, config_.width}));
  const std::string hidden =
      gelu(name + ".mlp.gelu", linear(name + ".mlp.fc1", layer_norm(name + ".norm", seen)));
  return graph_.node("Add", name, {seen, linear(name + ".mlp.fc2", hidden)});
}

std::string OnnxLayers::gelu(const std::string& name, const std::string& x) {
  if (config_.gelu == nn::Gelu::exact) return graph_.gelu(name, x);
  if (config_.gelu == nn::Gelu::tanh) return graph_.tanh_gelu(name, x);
  const std::string steep =
      graph_.node("Mul", name + ".steep", {x, graph_.number("steep", 1.702F)});
  return graph_.node("Mul", name, {x, graph_.node("Sigmoid", name + ".gate", {steep})});
}

std::string OnnxLayers::scaled(const std::string& gain, const std::string& branch) {
  if (config_.layer_scale == 0) return branch;
  return graph_.node("Mul", gain + ".scaled", {branch, graph_.weight(gain, parameter(gain))});
}

std::string OnnxLayers::hidden_layer(const std::string& name, const std::string& x) {
  if (config_.mlp == nn::Mlp::plain) return gelu(name + ".gelu", linear(name + ".fc1", x));
  const std::string gate = linear(name + ".fc1_g", x);
  const std::string open =
      graph_.node("Mul", name + ".open", {gate, graph_.node("Sigmoid", name + ".gate", {gate})});
  return graph_.node("Mul", name + ".gated", {open, linear(name + ".fc1_x", x)});
}

std::string OnnxLayers::block(const std::string& name, const std::string& x) {
  const std::string attended = graph_.node(
      "Add", name + ".attended",
      {x, scaled(name + ".gamma_1", attention(name + ".attn", layer_norm(name + ".norm1", x)))});
  std::string hidden = hidden_layer(name + ".mlp", layer_norm(name + ".norm2", attended));
  if (config_.mlp_norm) hidden = layer_norm(name + ".mlp.norm", hidden);
  return graph_.node("Add", name,
                     {attended, scaled(name + ".gamma_2", linear(name + ".mlp.fc2", hidden))});
}

}  // namespace dbot::exchange
