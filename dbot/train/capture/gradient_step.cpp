#include "dbot/train/capture/gradient_step.h"

#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>
#include <c10/core/Scalar.h>

#include <cmath>
#include <utility>

#include "dbot/data/move_batch.h"

namespace dbot::train {

MicroBatch move_to(MicroBatch micro, const runtime::Device& device) {
  micro.batch = data::move_to(std::move(micro.batch), device);
  micro.draws = runtime::move_to(std::move(micro.draws), device);
  return micro;
}

GradientStep::GradientStep(methods::Method& method, const methods::StepContext& context,
                           const StepShare& share, optim::LaneSum& lanes)
    : method_(method),
      context_(context),
      share_(share),
      lanes_(lanes),
      other_buffers_(method.parameters().flat_buffers().clone()) {
  lanes_.restart();
}

GradientStep::~GradientStep() {
  const c10::NoGradGuard no_graph;
  if (!counts_ && !exchanged_) method_.parameters().flat_buffers().copy_(other_buffers_);
}

void GradientStep::add(MicroBatch micro) {
  const MicroBatch here = move_to(std::move(micro), method_.parameters().device());
  const methods::StepResult result = method_.training_step(here.batch, here.draws, context_);
  scalars_.add(result.scalars);
  if (take_loss(result.loss) && result.loss.requires_grad()) {
    const at::Tensor share = result.loss.div(static_cast<double>(share_.of));
    if (before_backward_) before_backward_(share);
    share.backward();
  }
  if (done_ % share_.micro_batches_per_lane() != 0) return;
  lanes_.add(method_.parameters().flat_gradients());
  lane_is_finite_ = true;
}

bool GradientStep::take_loss(const at::Tensor& loss) {
  ++done_;
  if (late_) {
    const at::Device device = method_.parameters().device();
    late_losses_.push_back(loss.detach().reshape({}).to(device, at::kDouble));
    return true;
  }
  losses_.push_back(loss.item().toDouble());
  lane_is_finite_ = lane_is_finite_ && std::isfinite(losses_.back());
  finite_ = finite_ && lane_is_finite_;
  return lane_is_finite_;
}

void GradientStep::count_unless(const at::Tensor& skipped) {
  const c10::NoGradGuard no_graph;
  const at::Tensor buffers = method_.parameters().flat_buffers();
  if (buffers.numel() > 0) {
    buffers.copy_(at::where(skipped.gt(0), other_buffers_, buffers));
  }
  counts_ = true;
}

double GradientStep::mean_loss() const {
  return late_ ? std::nan("") : mean_of(losses_);
}

void GradientStep::exchange_buffers() {
  const c10::NoGradGuard no_graph;
  const at::Tensor buffers = method_.parameters().flat_buffers();
  const at::Tensor now = buffers.clone();
  buffers.copy_(other_buffers_);
  other_buffers_ = now;
  exchanged_ = !exchanged_;
}

double mean_of(const std::vector<double>& losses) {
  double mean = 0;
  for (const double loss : losses) mean += loss / static_cast<double>(losses.size());
  return mean;
}

}  // namespace dbot::train
