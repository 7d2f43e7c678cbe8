#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "dbot/ops/backends.h"
#include "dbot/ops/written_leaves.h"

namespace dbot::ops {
namespace {

std::atomic<bool>& recompute_setting() {
  static std::atomic<bool> recompute = false;
  return recompute;
}

std::vector<at::Tensor*> parts_of(TransformerBlockWeights& w) {
  return {&w.norm1_weight, &w.norm1_bias,    &w.qkv_weight,  &w.qkv_bias,   &w.proj_weight,
          &w.proj_bias,    &w.norm2_weight,  &w.norm2_bias,  &w.fc1_weight, &w.fc1_bias,
          &w.fc2_weight,   &w.fc2_bias,      &w.gate_weight, &w.gate_bias,  &w.attention_scale,
          &w.mlp_scale,    &w.attention_bias};
}

bool is_computed(const at::Tensor& part) {
  return part.defined() && part.requires_grad() && !part.is_leaf();
}

/// Leaves stay, so that their gradients go where they belong; what was computed of others becomes a
/// leaf of its own.
TransformerBlockWeights cut_off(TransformerBlockWeights weights) {
  for (at::Tensor* part : parts_of(weights)) {
    if (is_computed(*part)) *part = part->detach().requires_grad_(true);
  }
  return weights;
}

std::vector<at::Tensor> trained_leaves(TransformerBlockWeights& weights) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor* part : parts_of(weights)) {
    if (part->defined() && part->requires_grad() && part->is_leaf()) leaves.push_back(*part);
  }
  return leaves;
}

class RecomputedBackward : public torch::autograd::Node, public WritesLeaves {
 public:
  BlockWay way = nullptr;
  at::Tensor x;
  TransformerBlockWeights weights;
  TransformerBlockOptions options;
  BranchScales scales;
  at::Tensor rows;

  std::string name() const override { return "dbot::recomputed_block"; }

  std::vector<at::Tensor> written_leaves() const override {
    TransformerBlockWeights all = weights;
    return trained_leaves(all);
  }

  void release_variables() override {
    x.reset();
    weights = {};
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const at::AutoGradMode with_graph(true);
    const at::Tensor input = x.detach().requires_grad_(true);
    TransformerBlockWeights cut = cut_off(weights);
    way(input, cut, options, scales, rows).backward(gradients.at(0));
    torch::autograd::variable_list result{input.grad()};
    const std::vector<at::Tensor*> all = parts_of(weights), again = parts_of(cut);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (is_computed(*all[i])) result.push_back(again[i]->grad());
    }
    return result;
  }
};

}  // namespace

void recompute_blocks(bool recompute) {
  recompute_setting() = recompute;
}

bool recomputes_blocks() {
  return recompute_setting();
}

at::Tensor recomputed_block(BlockWay way, const at::Tensor& x,
                            const TransformerBlockWeights& weights,
                            const TransformerBlockOptions& options, const BranchScales& scales,
                            const at::Tensor& rows) {
  std::shared_ptr<RecomputedBackward> node(new RecomputedBackward, torch::autograd::deleteNode);
  node->way = way;
  node->x = x.detach();
  node->weights = weights;
  node->options = options;
  node->scales = scales;
  node->rows = rows;
  TransformerBlockWeights cut = cut_off(weights);
  torch::autograd::variable_list computed;
  for (at::Tensor* part : parts_of(node->weights)) {
    if (is_computed(*part)) computed.push_back(*part);
  }
  node->set_next_edges(torch::autograd::collect_next_edges(x, computed));
  // With a graph that is dropped at once: the kernels are those of the backward pass's turn.
  at::Tensor y = way(node->x.detach().requires_grad_(true), cut, options, scales, rows).detach();
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
