#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/gpu/kernels.h"
#include "dbot/ops/gpu/tensors.h"

namespace dbot::ops {
namespace {

at::Tensor assembled(const at::Tensor& own, const at::Tensor& shared, const at::Tensor& table,
                     const TokenPlan& plan) {
  const std::int64_t batch = own.size(0), tokens = plan.sources.size(1), width = own.size(2);
  at::Tensor out = at::empty({batch, tokens, width}, table.options());
  gpu::Kernels(own.device())
      .run(&cuda::KernelTable::tokens, cuda::Tokens{.batch = batch,
                                                    .tokens = tokens,
                                                    .count = own.size(1),
                                                    .width = width,
                                                    .sources = gpu::indices_of(plan.sources),
                                                    .positions = gpu::indices_of(plan.positions),
                                                    .own = gpu::memory_of(own),
                                                    .element = gpu::element_of(own),
                                                    .shared = gpu::floats_of(shared),
                                                    .table = gpu::floats_of(table),
                                                    .out = gpu::floats_of(out)});
  return out;
}

class GpuAssembleBackward : public torch::autograd::Node {
 public:
  TokenPlan plan;
  at::ScalarType type = at::kFloat;  // of the own tokens
  std::int64_t count = 0, places = 0;
  bool trains_table = false;

  std::string name() const override { return "dbot::assemble_tokens"; }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    const at::Tensor outer = gradients.at(0).contiguous();
    const std::int64_t batch = outer.size(0), width = outer.size(2);
    const at::Tensor own = at::empty({batch, count, width}, outer.options().dtype(type));
    const at::Tensor shared = at::zeros({1, 1, width}, outer.options());
    const at::Tensor table =
        trains_table ? at::zeros({1, places, width}, outer.options()) : at::Tensor();
    cuda::TokensBackward a{.batch = batch,
                           .tokens = outer.size(1),
                           .count = count,
                           .width = width,
                           .places = places,
                           .sources = gpu::indices_of(plan.sources),
                           .positions = gpu::indices_of(plan.positions),
                           .outer = gpu::floats_of(outer),
                           .own_gradient = gpu::memory_of(own),
                           .element = gpu::element_of(type)};
    a.shared_gradient = gpu::floats_of(shared);
    a.table_gradient = gpu::floats_of(table);
    const at::Tensor workspace = at::empty({token_workspace(a)}, outer.options());
    a.workspace = gpu::floats_of(workspace);
    gpu::Kernels(outer.device()).run(&cuda::KernelTable::tokens_backward, a);
    torch::autograd::variable_list result{own, shared};
    if (trains_table) result.push_back(table);
    return result;
  }
};

}  // namespace

at::Tensor assemble_tokens_cuda(const at::Tensor& own, const at::Tensor& shared,
                                const at::Tensor& table, const TokenPlan& plan) {
  const bool with_graph = c10::GradMode::is_enabled() &&
                          (own.requires_grad() || shared.requires_grad() || table.requires_grad());
  std::shared_ptr<GpuAssembleBackward> node;
  if (with_graph) {
    node.reset(new GpuAssembleBackward, torch::autograd::deleteNode);
    node->plan = plan;
    node->type = own.scalar_type();
    node->count = own.size(1);
    node->places = table.size(1);
    node->trains_table = table.requires_grad();
    node->set_next_edges(node->trains_table
                             ? torch::autograd::collect_next_edges(own, shared, table)
                             : torch::autograd::collect_next_edges(own, shared));
  }
  const c10::NoGradGuard no_graph;
  at::Tensor y =
      assembled(gpu::contiguous(own), gpu::contiguous(shared), gpu::contiguous(table), plan);
  if (node) torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
