#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/ops/gpu/kernels.h"
#include "dbot/ops/gpu/tensors.h"

namespace dbot::ops {
namespace {

cuda::LossKind kind_of(LossKind kind) {
  switch (kind) {
    case LossKind::mse:
    case LossKind::l2:
      return cuda::LossKind::mse;
    case LossKind::smooth_l1:
      return cuda::LossKind::smooth_l1;
    case LossKind::l1:
      return cuda::LossKind::l1;
    case LossKind::cosine:
      break;
  }
  return cuda::LossKind::cosine;
}

class GpuLossBackward : public torch::autograd::Node {
 public:
  at::Tensor gradient;  // of the prediction, for a loss whose gradient is 1

  std::string name() const override { return "dbot::mean_token_loss"; }
  void release_variables() override { gradient.reset(); }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    // It is scaled where it lies, which can be done once.
    at::Tensor scaled = std::exchange(gradient, {});
    if (!scaled.defined()) throw Error("[loss] it has been differentiated once");
    const at::Tensor outer = gradients.at(0).to(at::kFloat).contiguous();
    gpu::Kernels(scaled.device())
        .run(&cuda::KernelTable::scaled, cuda::Scaled{.count = scaled.numel(),
                                                      .values = gpu::memory_of(scaled),
                                                      .element = gpu::element_of(scaled),
                                                      .factor = gpu::floats_of(outer)});
    return {scaled};
  }
};

/// The mean over all tokens; the prediction's gradient goes to `gradient` where that is defined.
at::Tensor mean_on_gpu(const at::Tensor& prediction, const at::Tensor& target,
                       const LossConfig& config, TargetScale scale, const at::Tensor& gradient) {
  const std::int64_t width = prediction.size(-1), rows = prediction.numel() / width;
  const at::TensorOptions floats = prediction.options().dtype(at::kFloat);
  const at::Tensor row_losses = at::empty({rows}, floats);
  at::Tensor loss = at::empty({}, floats);
  gpu::Kernels(prediction.device())
      .run(&cuda::KernelTable::token_loss,
           cuda::TokenLoss{.rows = rows,
                           .width = width,
                           .prediction = gpu::memory_of(prediction),
                           .target = gpu::memory_of(target),
                           .prediction_element = gpu::element_of(prediction),
                           .target_element = gpu::element_of(target),
                           .kind = kind_of(config.kind),
                           .beta = config.beta,
                           .cosine_eps = config.cosine_eps,
                           .standardise = scale == TargetScale::standardised,
                           .weights = nullptr,
                           .gradient = gpu::memory_of(gradient),
                           .row_losses = gpu::floats_of(row_losses),
                           .loss = gpu::floats_of(loss)});
  return loss;
}

}  // namespace

at::Tensor mean_token_loss_cuda(const at::Tensor& prediction, const at::Tensor& target,
                                const LossConfig& config, TargetScale scale) {
  if (prediction.size(-1) > cuda::kMostWidth) {
    return mean_token_loss_reference(prediction, target, config, scale);
  }
  const bool with_graph = c10::GradMode::is_enabled() && prediction.requires_grad();
  std::shared_ptr<GpuLossBackward> node;
  if (with_graph) {
    node.reset(new GpuLossBackward, torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(prediction));
  }
  const c10::NoGradGuard no_graph;
  const at::Tensor predicted = gpu::contiguous(prediction);
  if (node) node->gradient = at::empty_like(predicted);
  at::Tensor loss = mean_on_gpu(predicted, gpu::contiguous(target), config, scale,
                                node ? node->gradient : at::Tensor());
  if (node) torch::autograd::set_history(loss, node);
  return loss;
}

}  // namespace dbot::ops
