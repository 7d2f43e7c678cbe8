#include "dbot/nn/vit/attention_pool.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>

#include "dbot/nn/linear.h"

namespace dbot::nn {
namespace {

at::Tensor activated(const at::Tensor& hidden, Gelu kind) {
  if (kind == Gelu::quick) return hidden * at::sigmoid(hidden * 1.702);
  return at::gelu(hidden, kind == Gelu::tanh ? "tanh" : "none");
}

}  // namespace

at::Tensor attention_pool(const at::Tensor& patches, const ParameterStore& parameters,
                          const EncoderConfig& config, at::ScalarType compute) {
  const std::int64_t batch = patches.size(0), count = patches.size(1), width = config.width;
  const std::int64_t heads = config.heads, head_width = config.head_width();
  const at::Tensor query =
      linear(parameters.at("attn_pool.latent"), parameters, "attn_pool.q", compute)
          .view({1, 1, heads, head_width})
          .transpose(1, 2)
          .expand({batch, heads, 1, head_width});
  const at::Tensor keys_values = linear(patches, parameters, "attn_pool.kv", compute)
                                     .view({batch, count, 2, heads, head_width})
                                     .permute({2, 0, 3, 1, 4});
  const at::Tensor mixed =
      at::scaled_dot_product_attention(query, keys_values.select(0, 0), keys_values.select(0, 1))
          .transpose(1, 2)
          .reshape({batch, width});
  const at::Tensor seen = linear(mixed, parameters, "attn_pool.proj", compute).to(at::kFloat);
  const at::Tensor normed =
      at::layer_norm(seen, {width}, parameters.at("attn_pool.norm.weight"),
                     parameters.at("attn_pool.norm.bias"), config.layer_norm_eps);
  const at::Tensor hidden =
      activated(linear(normed, parameters, "attn_pool.mlp.fc1", compute), config.gelu);
  return seen + linear(hidden, parameters, "attn_pool.mlp.fc2", compute).to(at::kFloat);
}

}  // namespace dbot::nn
