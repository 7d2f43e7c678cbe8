#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <utility>
#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/attention.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/ops/cpu/row_operations.h"
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

at::Tensor activated(const at::Tensor& hidden, const TransformerBlockOptions& options) {
  if (options.quick_gelu) return quick_gelu(hidden);
  return options.tanh_gelu ? tanh_gelu(hidden) : gelu(hidden);
}

at::Tensor forward(const at::Tensor& x, const TransformerBlockWeights& weights,
                   const TransformerBlockOptions& options, const BranchScales& scales,
                   const at::Tensor& rows, Activations* kept) {
  Activations a;
  const double eps = options.layer_norm_eps;
  a.normed1 = layer_norm(x, {weights.norm1_weight, weights.norm1_bias, eps}, options.compute);
  a.qkv = linear(a.normed1.values, weights.qkv_weight, weights.qkv_bias);
  a.attended = attention(a.qkv, options.heads, weights.attention_bias, options.key_padding);
  // Keys and values come from all tokens; what follows is done for the wanted ones.
  a.context = wanted(a.attended.context, rows);
  const at::Tensor branch = linear(a.context, weights.proj_weight, weights.proj_bias);
  std::tie(a.middle, a.normed2) = add_layer_norm(wanted(x, rows), branch, scales.attention,
                                                 {weights.norm2_weight, weights.norm2_bias, eps});
  a.hidden = linear(a.normed2.values, weights.fc1_weight, weights.fc1_bias);
  const at::Tensor mlp = linear(activated(a.hidden, options), weights.fc2_weight, weights.fc2_bias);
  at::Tensor y = add_branch(a.middle, mlp, scales.mlp);
  if (kept != nullptr) *kept = std::move(a);
  return y;
}

/// Where the gradients of the weights go: a parameter's is added to its own `grad`; that of a
/// weight which was itself computed goes on along the graph.
class WeightGradients {
 public:
  explicit WeightGradients(const TransformerBlockWeights& weights) {
    for (const at::Tensor* weight :
         {&weights.norm1_weight, &weights.norm1_bias, &weights.qkv_weight, &weights.qkv_bias,
          &weights.proj_weight, &weights.proj_bias, &weights.norm2_weight, &weights.norm2_bias,
          &weights.fc1_weight, &weights.fc1_bias, &weights.fc2_weight, &weights.fc2_bias,
          &weights.attention_bias}) {
      if (!weight->defined() || !weight->requires_grad()) continue;
      (weight->is_leaf() ? leaves_ : computed_).push_back(*weight);
    }
  }

  const std::vector<at::Tensor>& leaves() const { return leaves_; }

  /// The computed ones, in the order of their gradients.
  const std::vector<at::Tensor>& computed() const { return computed_; }

  /// A zero gradient for each computed one.
  void begin() {
    gradients_.clear();
    for (const at::Tensor& weight : computed_) gradients_.push_back(at::zeros_like(weight));
  }

  /// Undefined if the weight is not trained.
  at::Tensor of(const at::Tensor& weight) const {
    if (!weight.defined() || !weight.requires_grad()) return {};
    for (std::size_t i = 0; i < computed_.size(); ++i) {
      if (computed_[i].is_same(weight)) return gradients_[i];
    }
    at::Tensor& gradient = weight.mutable_grad();
    if (!gradient.defined()) gradient = at::zeros_like(weight);
    return gradient;
  }

  std::vector<at::Tensor> take() { return std::exchange(gradients_, {}); }
  void release() {
    leaves_.clear();
    computed_.clear();
  }

 private:
  std::vector<at::Tensor> leaves_, computed_, gradients_;
};

class BlockBackward : public torch::autograd::Node, public WritesLeaves {
 public:
  BlockBackward(TransformerBlockWeights trained, TransformerBlockWeights converted_weights)
      : weights(std::move(trained)), copies(std::move(converted_weights)), sums(weights) {}

  TransformerBlockWeights weights;  // the trained ones
  TransformerBlockWeights copies;   // in the compute type
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
    copies = {};
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

  /// The gradient of the residual stream between the branches.
  at::Tensor mlp_branch(const at::Tensor& outer) const {
    const at::Tensor branch =
        scaled(outer, scales.mlp, options.compute, gradient_of(weights.fc2_bias));
    const at::Tensor hidden = linear_input_gradient(branch, copies.fc2_weight);
    const at::Tensor bias = gradient_of(weights.fc1_bias);
    const at::Tensor activated = options.tanh_gelu ? tanh_gelu_backward(kept.hidden, hidden, bias)
                                                   : gelu_backward(kept.hidden, hidden, bias);
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
        options.heads, copies.attention_bias, gradient_of(weights.attention_bias),
        options.key_padding);
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
  const TransformerBlockWeights folded = fold_layer_scale(weights);
  const c10::NoGradGuard no_graph;
  const TransformerBlockWeights copies = converted(folded, options.compute);
  const BranchScales factors = contiguous(scales);
  TransformerBlockOptions chosen = options;
  if (chosen.key_padding.defined()) chosen.key_padding = chosen.key_padding.contiguous();
  if (!with_graph) return forward(input, copies, chosen, factors, rows, nullptr);

  std::shared_ptr<BlockBackward> node(new BlockBackward(folded, copies),
                                      torch::autograd::deleteNode);
  node->options = chosen;
  node->scales = factors;
  node->rows = rows;
  node->x = input.detach();
  node->set_next_edges(torch::autograd::collect_next_edges(input, node->sums.computed()));
  at::Tensor y = forward(node->x, copies, chosen, factors, rows, &node->kept);
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
