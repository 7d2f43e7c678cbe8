#include "dbot/nn/vit/block_stack.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "dbot/ops/select_tokens.h"

namespace dbot::nn {
namespace {

at::Tensor query_key_value_bias(const ParameterStore& parameters, const std::string& prefix) {
  if (parameters.contains(prefix + "attn.qkv.bias")) return parameters.at(prefix + "attn.qkv.bias");
  if (!parameters.contains(prefix + "attn.q_bias")) {
    const at::Tensor& weight = parameters.at(prefix + "attn.qkv.weight");
    return at::zeros({weight.size(0)}, weight.options());
  }
  const at::Tensor& query = parameters.at(prefix + "attn.q_bias");
  return at::cat({query, at::zeros_like(query), parameters.at(prefix + "attn.v_bias")});
}

}  // namespace

at::Tensor run_blocks(at::Tensor tokens, std::span<const ops::TransformerBlockWeights> blocks,
                      const ops::TransformerBlockOptions& options, const DropPath& drop_path,
                      const at::Tensor& rows) {
  const auto depth = static_cast<std::int64_t>(blocks.size());
  if (depth == 0 && rows.defined()) return ops::select_tokens(tokens, rows);
  for (std::int64_t block = 0; block < depth; ++block) {
    tokens = ops::transformer_block(tokens, blocks[static_cast<std::size_t>(block)], options,
                                    drop_path.scales(block, depth),
                                    block + 1 == depth ? rows : at::Tensor());
  }
  return tokens;
}

ops::TransformerBlockWeights block_weights(const ParameterStore& parameters,
                                           const std::string& prefix) {
  const auto get = [&](const char* name) { return parameters.at(prefix + name); };
  const auto find = [&](const char* name) {
    return parameters.contains(prefix + name) ? get(name) : at::Tensor();
  };
  const bool gated = parameters.contains(prefix + "mlp.fc1_g.weight");
  const std::string first = gated ? "mlp.fc1_x" : "mlp.fc1";
  return {.norm1_weight = get("norm1.weight"),
          .norm1_bias = get("norm1.bias"),
          .qkv_weight = get("attn.qkv.weight"),
          .qkv_bias = query_key_value_bias(parameters, prefix),
          .proj_weight = get("attn.proj.weight"),
          .proj_bias = get("attn.proj.bias"),
          .norm2_weight = get("norm2.weight"),
          .norm2_bias = get("norm2.bias"),
          .fc1_weight = parameters.at(prefix + first + ".weight"),
          .fc1_bias = parameters.at(prefix + first + ".bias"),
          .fc2_weight = get("mlp.fc2.weight"),
          .fc2_bias = get("mlp.fc2.bias"),
          .attention_scale = find("gamma_1"),
          .mlp_scale = find("gamma_2"),
          .attention_bias = {},
          .gate_weight = find("mlp.fc1_g.weight"),
          .gate_bias = find("mlp.fc1_g.bias"),
          .query_norm_weight = find("attn.q_norm.weight"),
          .query_norm_bias = find("attn.q_norm.bias"),
          .key_norm_weight = find("attn.k_norm.weight"),
          .key_norm_bias = find("attn.k_norm.bias"),
          .attention_norm_weight = find("attn.norm.weight"),
          .attention_norm_bias = find("attn.norm.bias"),
          .mlp_norm_weight = find("mlp.norm.weight"),
          .mlp_norm_bias = find("mlp.norm.bias")};
}

}  // namespace dbot::nn
