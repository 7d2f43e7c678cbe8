#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <utility>
#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/attention.h"
#include "dbot/ops/cpu/block_layers.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/ops/cpu/row_operations.h"
#include "dbot/ops/cpu/weight_gradients.h"
#include "dbot/ops/select_tokens.h"
#include "dbot/ops/written_leaves.h"

// The block as one node of the graph, with its backward pass written out. Between the matrix
// products everything is one pass over memory: LayerNorm with the residual
// addition before it, attention without stored probabilities, GELU with its derivative and the
// sums for the biases. Gradients of the weights go straight into the flat buffer.
namespace dbot::ops {
namespace {

at::Tensor wanted(const at::Tensor& tokens, const at::Tensor& rows) {
  return rows.defined() ? select_tokens(tokens, rows) : tokens;
}

/// What the forward pass leaves for the backward pass.
struct Activations {
  Normed normed1;
  at::Tensor qkv;
  Attention attended;
  at::Tensor middle;  // the residual stream between the branches
  Normed normed2;
  at::Tensor hidden;   // before GELU
  at::Tensor context;  // of the wanted tokens
};

at::Tensor forward(const at::Tensor& x, const TransformerBlockWeights& weights,
                   const BlockLayers& layers, const TransformerBlockOptions& options,
                   const BranchScales& scales, const at::Tensor& rows, Activations* kept) {
  Activations a;
  const double eps = options.layer_norm_eps;
  a.normed1 = layer_norm(x, {weights.norm1_weight, weights.norm1_bias, eps}, options.compute);
  a.qkv = layers.qkv.linear(a.normed1.values);
  a.attended = attention(a.qkv, options.heads, weights.attention_bias, options.key_padding);
  // Keys and values come from all tokens; what follows is done for the wanted ones.
  a.context = wanted(a.attended.context, rows);
  std::tie(a.middle, a.normed2) =
      layers.proj.added_normed(wanted(x, rows), a.context, scales.attention,
                               {weights.norm2_weight, weights.norm2_bias, eps});
  ActivatedLinear mlp = layers.fc1.activated(a.normed2.values, options, kept != nullptr);
  a.hidden = std::move(mlp.hidden);
  at::Tensor y = layers.fc2.added(a.middle, mlp.activated, scales.mlp);
  if (kept != nullptr) *kept = std::move(a);
  return y;
}

class BlockBackward : public torch::autograd::Node, public WritesLeaves {
 public:
  BlockBackward(const TransformerBlockWeights& trained, BlockLayers of_weights)
      : weights(trained),
        layers(std::move(of_weights)),
        sums({&trained.norm1_weight, &trained.norm1_bias, &trained.qkv_weight, &trained.qkv_bias,
              &trained.proj_weight, &trained.proj_bias, &trained.norm2_weight, &trained.norm2_bias,
              &trained.fc1_weight, &trained.fc1_bias, &trained.fc2_weight, &trained.fc2_bias,
              &trained.attention_bias}) {}

  TransformerBlockWeights weights;  // the trained ones
  BlockLayers layers;               // in the compute type
  WeightGradients sums;
  TransformerBlockOptions options;
  BranchScales scales;
  at::Tensor rows;
  at::Tensor x;
  Activations kept;

  std::string name() const override { return "dbot::transformer_block"; }

  std::vector<at::Tensor> written_leaves() const override { return sums.leaves(); }

  void release_variables() override {
    kept = {};
    x.reset();
    weights = {};
    layers = {};
    sums.release();
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    const at::Tensor outer = gradients.at(0).contiguous();
    sums.begin();
    torch::autograd::variable_list result{attention_branch(mlp_branch(outer))};
    for (at::Tensor& gradient : sums.take()) result.push_back(std::move(gradient));
    return result;
  }

 private:
  at::Tensor gradient_of(const at::Tensor& weight) const { return sums.of(weight); }

  at::Tensor attention_bias() const {
    return weights.attention_bias.defined() ? weights.attention_bias.detach() : at::Tensor();
  }

  /// The gradient of the residual stream between the branches.
  at::Tensor mlp_branch(const at::Tensor& outer) const {
    const at::Tensor branch =
        scaled(outer, scales.mlp, options.compute, gradient_of(weights.fc2_bias));
    const auto [hidden, activated] =
        layers.fc2.activated_gradient(branch, kept.hidden, options, gradient_of(weights.fc1_bias));
    add_linear_weight_gradient(gradient_of(weights.fc2_weight), branch, activated);
    add_linear_weight_gradient(gradient_of(weights.fc1_weight), hidden, kept.normed2.values);
    return layer_norm_backward(layers.fc1.input_gradient(hidden), kept.middle, kept.normed2,
                               weights.norm2_weight, outer, gradient_of(weights.norm2_weight),
                               gradient_of(weights.norm2_bias));
  }

  at::Tensor spread(const at::Tensor& gradient) const {
    return rows.defined() ? spread_tokens(gradient, rows, x.size(1)) : gradient;
  }

  at::Tensor attention_branch(const at::Tensor& outer) const {
    const at::Tensor branch =
        scaled(outer, scales.attention, options.compute, gradient_of(weights.proj_bias));
    add_linear_weight_gradient(gradient_of(weights.proj_weight), branch, kept.context);
    const at::Tensor qkv = attention_backward(
        kept.qkv, kept.attended, spread(layers.proj.input_gradient(branch)), options.heads,
        attention_bias(), gradient_of(weights.attention_bias), options.key_padding);
    add_row_sum(qkv, gradient_of(weights.qkv_bias));
    add_linear_weight_gradient(gradient_of(weights.qkv_weight), qkv, kept.normed1.values);
    return layer_norm_backward(layers.qkv.input_gradient(qkv), x, kept.normed1,
                               weights.norm1_weight, spread(outer),
                               gradient_of(weights.norm1_weight), gradient_of(weights.norm1_bias));
  }
};

BranchScales contiguous(const BranchScales& scales) {
  BranchScales result = scales;
  if (result.attention.defined()) result.attention = result.attention.contiguous();
  if (result.mlp.defined()) result.mlp = result.mlp.contiguous();
  return result;
}

}  // namespace

at::Tensor transformer_block_cpu(const at::Tensor& x, const TransformerBlockWeights& weights,
                                 const TransformerBlockOptions& options, const BranchScales& scales,
                                 const at::Tensor& rows) {
  const at::Tensor input = x.contiguous();
  const bool with_graph =
      c10::GradMode::is_enabled() && (x.requires_grad() || weights.qkv_weight.requires_grad());
  const TransformerBlockWeights folded = fold_layer_scale(weights);
  const c10::NoGradGuard no_graph;
  BlockLayers layers = block_layers(folded, options.compute, with_graph);
  const BranchScales factors = contiguous(scales);
  TransformerBlockOptions chosen = options;
  if (chosen.key_padding.defined()) chosen.key_padding = chosen.key_padding.contiguous();
  if (!with_graph) return forward(input, folded, layers, chosen, factors, rows, nullptr);

  std::shared_ptr<BlockBackward> node(new BlockBackward(folded, std::move(layers)),
                                      torch::autograd::deleteNode);
  node->options = chosen;
  node->scales = factors;
  node->rows = rows;
  node->x = input.detach();
  node->set_next_edges(torch::autograd::collect_next_edges(input, node->sums.computed()));
  at::Tensor y = forward(node->x, folded, node->layers, chosen, factors, rows, &node->kept);
  node->layers.finish_forward();
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
