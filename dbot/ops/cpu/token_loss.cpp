#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>
#include <c10/core/Scalar.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <numeric>
#include <span>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/kernels/token_loss_kernel.h"
#include "dbot/ops/cpu/parallel_rows.h"

namespace dbot::ops {
namespace {

class LossBackward : public torch::autograd::Node {
 public:
  at::Tensor gradient;  // of the prediction, for a loss whose gradient is 1

  std::string name() const override { return "dbot::mean_token_loss"; }
  void release_variables() override { gradient.reset(); }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    const double outer = gradients.at(0).item().toDouble();
    return {outer == 1.0 ? gradient : gradient * outer};
  }
};

/// The mean over all tokens; the prediction's gradient goes to `gradient` where that is defined.
at::Tensor mean_loss(const at::Tensor& prediction, const at::Tensor& target,
                     const LossConfig& config, TargetScale scale, const at::Tensor& gradient) {
  const std::int64_t width = prediction.size(-1), rows = prediction.numel() / width;
  const at::Tensor losses = at::empty({rows}, prediction.options());
  LossRows all{.width = width,
               .rows = rows,
               .config = config,
               .standardise = scale == TargetScale::standardised};
  const auto kernel = token_loss_kernel();
  const float* predicted = prediction.const_data_ptr<float>();
  const float* aim = target.const_data_ptr<float>();
  float* slope = gradient.defined() ? gradient.mutable_data_ptr<float>() : nullptr;
  float* row_losses = losses.mutable_data_ptr<float>();
  parallel_rows(rows, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    LossRows part = all;
    part.begin = begin;
    part.end = end;
    kernel(part, predicted, aim, slope, row_losses);
  });
  // Rows one after the other, whichever thread computed them.
  const std::span<const float> each(row_losses, static_cast<std::size_t>(rows));
  const double total = std::accumulate(each.begin(), each.end(), 0.0);
  return at::full({}, total / static_cast<double>(rows), prediction.options());
}

}  // namespace

at::Tensor mean_token_loss_cpu(const at::Tensor& prediction, const at::Tensor& target,
                               const LossConfig& config, TargetScale scale) {
  const bool with_graph = c10::GradMode::is_enabled() && prediction.requires_grad();
  std::shared_ptr<LossBackward> node;
  if (with_graph) {
    node.reset(new LossBackward, torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(prediction));
  }
  const c10::NoGradGuard no_graph;
  const at::Tensor predicted = prediction.detach().contiguous();
  if (node) node->gradient = at::empty_like(predicted);
  at::Tensor loss = mean_loss(predicted, target.detach().contiguous(), config, scale,
                              node ? node->gradient : at::Tensor());
  if (node) torch::autograd::set_history(loss, node);
  return loss;
}

}  // namespace dbot::ops
