#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <utility>
#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/weight_gradients.h"
#include "dbot/ops/gpu/attention.h"
#include "dbot/ops/gpu/linear.h"
#include "dbot/ops/gpu/residual_norm.h"
#include "dbot/ops/gpu/tensors.h"
#include "dbot/ops/select_tokens.h"
#include "dbot/ops/written_leaves.h"

// The block on a GPU as one node of the graph, with its backward pass written out, as on the CPU
// (cpu/transformer_block.cpp). Between the matrix products everything is one pass over memory:
// residual addition, LayerNorm and cast; GELU with its derivative and the sums for the biases.
// Gradients of the weights go straight into the flat buffer. GELU is computed again in the backward
// pass, which costs less than to keep the widest activations twice.
namespace dbot::ops {
namespace {

cuda::GeluKind gelu_kind(const TransformerBlockOptions& options) {
  if (options.quick_gelu) return cuda::GeluKind::quick;
  return options.tanh_gelu ? cuda::GeluKind::tanh : cuda::GeluKind::exact;
}

at::Tensor activated(const gpu::Kernels& kernels, const at::Tensor& hidden,
                     const TransformerBlockOptions& options) {
  at::Tensor y = at::empty_like(hidden);
  kernels.run(&cuda::KernelTable::gelu, cuda::Gelu{.count = hidden.numel(),
                                                   .x = gpu::memory_of(hidden),
                                                   .y = gpu::memory_of(y),
                                                   .element = gpu::element_of(hidden),
                                                   .kind = gelu_kind(options)});
  return y;
}

at::Tensor column_space(const at::Tensor& rows, std::int64_t count) {
  return at::empty({cuda::column_workspace(count, rows.size(-1))},
                   rows.options().dtype(at::kFloat));
}

/// In place: the gradient of `hidden` from that of its activation.
void through_gelu(const gpu::Kernels& kernels, const at::Tensor& hidden, const at::Tensor& gradient,
                  const TransformerBlockOptions& options, const at::Tensor& bias_gradient) {
  const std::int64_t rows = hidden.numel() / hidden.size(-1);
  const at::Tensor space = column_space(hidden, rows);
  kernels.run(&cuda::KernelTable::gelu_backward,
              cuda::GeluBackward{.rows = rows,
                                 .width = hidden.size(-1),
                                 .x = gpu::memory_of(hidden),
                                 .gradient = gpu::memory_of(gradient),
                                 .element = gpu::element_of(hidden),
                                 .kind = gelu_kind(options),
                                 .workspace = gpu::floats_of(space),
                                 .column_sums = gpu::floats_of(bias_gradient)});
}

void add_column_sums(const gpu::Kernels& kernels, const at::Tensor& x, const at::Tensor& sums) {
  if (!sums.defined()) return;
  const std::int64_t rows = x.numel() / x.size(-1);
  const at::Tensor space = column_space(x, rows);
  kernels.run(&cuda::KernelTable::column_sums,
              cuda::ColumnSums{.rows = rows,
                               .width = x.size(-1),
                               .x = gpu::memory_of(x),
                               .element = gpu::element_of(x),
                               .workspace = gpu::floats_of(space),
                               .column_sums = gpu::floats_of(sums)});
}

/// Matrices and biases in the type of the products; LayerScale is no part of them here.
TransformerBlockWeights of_products(const TransformerBlockWeights& weights, at::ScalarType type) {
  TransformerBlockWeights plain = weights;
  plain.attention_scale.reset();
  plain.mlp_scale.reset();
  TransformerBlockWeights products = converted(plain, type);
  for (at::Tensor* matrix :
       {&products.qkv_weight, &products.proj_weight, &products.fc1_weight, &products.fc2_weight}) {
    *matrix = matrix->contiguous();
  }
  return products;
}

/// What the forward pass leaves for the backward pass.
struct GpuActivations {
  gpu::Normed normed1, normed2;  // of x, and of the stream between the branches
  at::Tensor qkv;
  gpu::Attention attended;
  at::Tensor context;         // of the wanted tokens
  gpu::Branch first, second;  // their values only where LayerScale is trained
  at::Tensor hidden;          // before GELU
};

at::Tensor wanted_tokens(const at::Tensor& tokens, const at::Tensor& rows) {
  return rows.defined() ? select_tokens(tokens, rows).contiguous() : tokens;
}

/// products: weights in the compute type. kept: null where no backward pass follows.
at::Tensor forward_on_gpu(const at::Tensor& x, const TransformerBlockWeights& weights,
                          const TransformerBlockWeights& products,
                          const TransformerBlockOptions& options, const BranchScales& scales,
                          const at::Tensor& rows, GpuActivations* kept) {
  const gpu::Kernels kernels(x.device());
  const double eps = options.layer_norm_eps;
  GpuActivations a;
  a.normed1 =
      gpu::normed(kernels, x, {weights.norm1_weight, weights.norm1_bias, eps}, options.compute);
  a.qkv = gpu::linear(kernels, a.normed1.values, products.qkv_weight, products.qkv_bias);
  a.attended = gpu::attention(a.qkv, options.heads, gpu::contiguous(weights.attention_bias),
                              options.key_padding);
  // Keys and values come from all tokens; what follows is done for the wanted ones.
  a.context = wanted_tokens(a.attended.context, rows);
  a.first = {gpu::linear(kernels, a.context, products.proj_weight, products.proj_bias),
             scales.attention, gpu::contiguous(weights.attention_scale)};
  a.normed2 = gpu::added_normed(kernels, wanted_tokens(x, rows), a.first,
                                {weights.norm2_weight, weights.norm2_bias, eps});
  at::Tensor active;
  if (kept == nullptr && options.tanh_gelu) {
    active = gpu::linear(kernels, a.normed2.values, products.fc1_weight, products.fc1_bias,
                         gpu::LinearEnding::tanh_gelu);
  } else {
    a.hidden = gpu::linear(kernels, a.normed2.values, products.fc1_weight, products.fc1_bias);
    active = activated(kernels, a.hidden, options);
  }
  a.second = {gpu::linear(kernels, active, products.fc2_weight, products.fc2_bias), scales.mlp,
              gpu::contiguous(weights.mlp_scale)};
  at::Tensor y = gpu::added(kernels, a.normed2.total, a.second);
  if (kept == nullptr) return y;
  const auto is_trained = [](const at::Tensor& gain) {
    return gain.defined() && gain.requires_grad();
  };
  if (!is_trained(weights.attention_scale)) a.first.values.reset();
  if (!is_trained(weights.mlp_scale)) a.second.values.reset();
  *kept = std::move(a);
  return y;
}

class GpuBlockBackward : public torch::autograd::Node, public WritesLeaves {
 public:
  GpuBlockBackward(const TransformerBlockWeights& trained, TransformerBlockWeights in_compute_type)
      : weights(trained),
        products(std::move(in_compute_type)),
        sums({&trained.norm1_weight, &trained.norm1_bias, &trained.qkv_weight, &trained.qkv_bias,
              &trained.proj_weight, &trained.proj_bias, &trained.norm2_weight, &trained.norm2_bias,
              &trained.fc1_weight, &trained.fc1_bias, &trained.fc2_weight, &trained.fc2_bias,
              &trained.attention_bias, &trained.attention_scale, &trained.mlp_scale}) {}

  TransformerBlockWeights weights;  // the trained ones
  TransformerBlockWeights products;
  WeightGradients sums;
  TransformerBlockOptions options;
  at::Tensor rows;
  GpuActivations kept;

  std::string name() const override { return "dbot::transformer_block"; }

  std::vector<at::Tensor> written_leaves() const override { return sums.leaves(); }

  void release_variables() override {
    kept = {};
    weights = {};
    products = {};
    sums.release();
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    const at::Tensor outer = gradients.at(0).contiguous();
    const gpu::Kernels kernels(outer.device());
    sums.begin();
    torch::autograd::variable_list result{attention_branch(kernels, mlp_branch(kernels, outer))};
    for (at::Tensor& gradient : sums.take()) result.push_back(std::move(gradient));
    return result;
  }

 private:
  at::Tensor gradient_of(const at::Tensor& weight) const { return sums.of(weight); }

  /// The gradients of the stream between the branches and of the attention's branch.
  gpu::StreamGradients mlp_branch(const gpu::Kernels& kernels, const at::Tensor& outer) const {
    const at::Tensor branch = gpu::branch_gradient(
        kernels, outer, kept.second, options.compute,
        {.branch = gradient_of(weights.fc2_bias), .gain = gradient_of(weights.mlp_scale)});
    gpu::add_linear_weight_gradient(kernels, gradient_of(weights.fc2_weight), branch,
                                    activated(kernels, kept.hidden, options));
    const at::Tensor hidden = gpu::linear_input_gradient(kernels, branch, products.fc2_weight);
    through_gelu(kernels, kept.hidden, hidden, options, gradient_of(weights.fc1_bias));
    gpu::add_linear_weight_gradient(kernels, gradient_of(weights.fc1_weight), hidden,
                                    kept.normed2.values);
    return gpu::normed_gradients(kernels, kept.normed2, weights.norm2_weight,
                                 gpu::linear_input_gradient(kernels, hidden, products.fc1_weight),
                                 outer, &kept.first,
                                 {.norm_weight = gradient_of(weights.norm2_weight),
                                  .norm_bias = gradient_of(weights.norm2_bias),
                                  .branch = gradient_of(weights.proj_bias),
                                  .gain = gradient_of(weights.attention_scale)});
  }

  at::Tensor spread(const at::Tensor& gradient) const {
    return rows.defined() ? spread_tokens(gradient, rows, kept.qkv.size(1)) : gradient;
  }

  at::Tensor attention_branch(const gpu::Kernels& kernels, const gpu::StreamGradients& of) const {
    gpu::add_linear_weight_gradient(kernels, gradient_of(weights.proj_weight), of.branch,
                                    kept.context);
    const at::Tensor qkv = gpu::attention_backward(
        kept.qkv, kept.attended,
        spread(gpu::linear_input_gradient(kernels, of.branch, products.proj_weight)), options.heads,
        gradient_of(weights.attention_bias));
    add_column_sums(kernels, qkv, gradient_of(weights.qkv_bias));
    gpu::add_linear_weight_gradient(kernels, gradient_of(weights.qkv_weight), qkv,
                                    kept.normed1.values);
    return gpu::normed_gradients(kernels, kept.normed1, weights.norm1_weight,
                                 gpu::linear_input_gradient(kernels, qkv, products.qkv_weight),
                                 spread(of.stream), nullptr,
                                 {.norm_weight = gradient_of(weights.norm1_weight),
                                  .norm_bias = gradient_of(weights.norm1_bias)})
        .stream;
  }
};

}  // namespace

at::Tensor transformer_block_cuda(const at::Tensor& x, const TransformerBlockWeights& weights,
                                  const TransformerBlockOptions& options,
                                  const BranchScales& scales, const at::Tensor& rows) {
  if (x.size(-1) > cuda::kMostWidth) {
    return transformer_block_reference(x, weights, options, scales, rows);
  }
  const bool with_graph =
      c10::GradMode::is_enabled() && (x.requires_grad() || weights.qkv_weight.requires_grad());
  const at::Tensor input = x.contiguous();
  const c10::NoGradGuard no_graph;
  TransformerBlockWeights products = of_products(weights, options.compute);
  const BranchScales factors{gpu::contiguous(scales.attention), gpu::contiguous(scales.mlp)};
  if (!with_graph) {
    return forward_on_gpu(input, weights, products, options, factors, rows, nullptr);
  }
  std::shared_ptr<GpuBlockBackward> node(new GpuBlockBackward(weights, std::move(products)),
                                         torch::autograd::deleteNode);
  node->options = options;
  node->rows = rows;
  node->set_next_edges(torch::autograd::collect_next_edges(input, node->sums.computed()));
  at::Tensor y =
      forward_on_gpu(input.detach(), weights, node->products, options, factors, rows, &node->kept);
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
