#include "dbot/exchange/onnx/onnx_layers.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <cmath>

#include "dbot/nn/vit/relative_positions.h"

namespace dbot::exchange {

std::string OnnxLayers::linear(const std::string& name, const std::string& x) {
  return graph_.linear(name, x, parameter(name + ".weight"), parameter(name + ".bias"));
}

std::string OnnxLayers::layer_norm(const std::string& name, const std::string& x) {
  return graph_.layer_norm(name, x, parameter(name + ".weight"), parameter(name + ".bias"),
                           config_.layer_norm_eps);
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

std::string OnnxLayers::attention(const std::string& name, const std::string& x) {
  const std::int64_t heads = config_.heads, size = config_.width / heads;
  const auto qkv = graph_.nodes("Split", name + ".split", {query_key_value(name, x)},
                                {"q", "k", "v"}, {{"axis", std::int64_t{-1}}});
  const auto head_major = [&](const std::string& part, const std::vector<std::int64_t>& order) {
    return transpose(part + ".heads", reshape(part + ".parts", part, {0, 0, heads, size}), order);
  };
  const std::string scale = graph_.number(
      "attention_scale", static_cast<float>(1.0 / std::sqrt(static_cast<double>(size))));
  const std::string query =
      graph_.node("Mul", name + ".query", {head_major(qkv[0], {0, 2, 1, 3}), scale});
  const std::string weights = graph_.node("Softmax", name + ".weights",
                                          {logits(name, query, head_major(qkv[1], {0, 2, 3, 1}))},
                                          {{"axis", std::int64_t{-1}}});
  const std::string mixed =
      graph_.node("MatMul", name + ".mixed", {weights, head_major(qkv[2], {0, 2, 1, 3})});
  const std::string joined = reshape(
      name + ".joined", transpose(name + ".turned", mixed, {0, 2, 1, 3}), {0, 0, config_.width});
  return linear(name + ".proj", joined);
}

std::string OnnxLayers::gelu(const std::string& name, const std::string& x) {
  if (config_.gelu == nn::Gelu::exact) return graph_.gelu(name, x);
  const std::string steep =
      graph_.node("Mul", name + ".steep", {x, graph_.number("steep", 1.702F)});
  return graph_.node("Mul", name, {x, graph_.node("Sigmoid", name + ".gate", {steep})});
}

std::string OnnxLayers::scaled(const std::string& gain, const std::string& branch) {
  if (config_.layer_scale == 0) return branch;
  return graph_.node("Mul", gain + ".scaled", {branch, graph_.weight(gain, parameter(gain))});
}

std::string OnnxLayers::block(const std::string& name, const std::string& x) {
  const std::string attended = graph_.node(
      "Add", name + ".attended",
      {x, scaled(name + ".gamma_1", attention(name + ".attn", layer_norm(name + ".norm1", x)))});
  const std::string hidden =
      gelu(name + ".mlp.gelu", linear(name + ".mlp.fc1", layer_norm(name + ".norm2", attended)));
  return graph_.node("Add", name,
                     {attended, scaled(name + ".gamma_2", linear(name + ".mlp.fc2", hidden))});
}

}  // namespace dbot::exchange
