#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include "dbot/ops/attention.h"
#include "dbot/ops/matrix_product.h"
#include "dbot/ops/row_operations.h"
#include "dbot/ops/select_tokens.h"
#include "dbot/ops/transformer_block_paths.h"

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
                   const TransformerBlockOptions& options, const BranchScales& scales,
                   const at::Tensor& rows, Activations* kept) {
  Activations a;
  const double eps = options.layer_norm_eps;
  a.normed1 = layer_norm(x, {weights.norm1_weight, weights.norm1_bias, eps}, options.compute);
  a.qkv = linear(a.normed1.values, weights.qkv_weight, weights.qkv_bias);
  a.attended = attention(a.qkv, options.heads);
  // Keys and values come from all tokens; what follows is done for the wanted ones.
  a.context = wanted(a.attended.context, rows);
  const at::Tensor branch = linear(a.context, weights.proj_weight, weights.proj_bias);
  std::tie(a.middle, a.normed2) = add_layer_norm(wanted(x, rows), branch, scales.attention,
                                                 {weights.norm2_weight, weights.norm2_bias, eps});
  a.hidden = linear(a.normed2.values, weights.fc1_weight, weights.fc1_bias);
  const at::Tensor mlp = linear(gelu(a.hidden), weights.fc2_weight, weights.fc2_bias);
  at::Tensor y = add_branch(a.middle, mlp, scales.mlp);
  if (kept != nullptr) *kept = std::move(a);
  return y;
}

/// A weight's gradient, made when there is none yet; undefined if it is not trained.
at::Tensor gradient_of(const at::Tensor& weight) {
  if (!weight.requires_grad()) return {};
  at::Tensor& gradient = weight.mutable_grad();
  if (!gradient.defined()) gradient = at::zeros_like(weight);
  return gradient;
}

class BlockBackward : public torch::autograd::Node {
 public:
  TransformerBlockWeights weights;  // the parameters themselves
  TransformerBlockWeights copies;   // in the compute type
  TransformerBlockOptions options;
  BranchScales scales;
  at::Tensor rows;
  at::Tensor x;
  Activations kept;

  std::string name() const override { return "dbot::transformer_block"; }

  void release_variables() override {
    kept = {};
    x.reset();
    copies = {};
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    const at::Tensor outer = gradients.at(0).contiguous();
    return {attention_branch(mlp_branch(outer))};
  }

 private:
  /// The gradient of the residual stream between the branches.
  at::Tensor mlp_branch(const at::Tensor& outer) const {
    const at::Tensor branch =
        scaled(outer, scales.mlp, options.compute, gradient_of(weights.fc2_bias));
    const at::Tensor hidden = linear_input_gradient(branch, copies.fc2_weight);
    const at::Tensor activated = gelu_backward(kept.hidden, hidden, gradient_of(weights.fc1_bias));
    add_linear_weight_gradient(gradient_of(weights.fc2_weight), branch, activated);
    add_linear_weight_gradient(gradient_of(weights.fc1_weight), hidden, kept.normed2.values);
    return layer_norm_backward(linear_input_gradient(hidden, copies.fc1_weight), kept.middle,
                               kept.normed2, weights.norm2_weight, outer,
                               gradient_of(weights.norm2_weight), gradient_of(weights.norm2_bias));
  }

  at::Tensor spread(const at::Tensor& gradient) const {
    return rows.defined() ? spread_tokens(gradient, rows, x.size(1)) : gradient;
  }

  at::Tensor attention_branch(const at::Tensor& outer) const {
    const at::Tensor branch =
        scaled(outer, scales.attention, options.compute, gradient_of(weights.proj_bias));
    add_linear_weight_gradient(gradient_of(weights.proj_weight), branch, kept.context);
    const at::Tensor qkv = attention_backward(
        kept.qkv, kept.attended, spread(linear_input_gradient(branch, copies.proj_weight)),
        options.heads);
    add_row_sum(qkv, gradient_of(weights.qkv_bias));
    add_linear_weight_gradient(gradient_of(weights.qkv_weight), qkv, kept.normed1.values);
    return layer_norm_backward(linear_input_gradient(qkv, copies.qkv_weight), x, kept.normed1,
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
  const c10::NoGradGuard no_graph;
  const TransformerBlockWeights copies = converted(weights, options.compute);
  const BranchScales factors = contiguous(scales);
  if (!with_graph) return forward(input, copies, options, factors, rows, nullptr);

  std::shared_ptr<BlockBackward> node(new BlockBackward, torch::autograd::deleteNode);
  node->weights = weights;
  node->copies = copies;
  node->options = options;
  node->scales = factors;
  node->rows = rows;
  node->x = input.detach();
  node->set_next_edges(torch::autograd::collect_next_edges(input));
  at::Tensor y = forward(node->x, copies, options, factors, rows, &node->kept);
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
