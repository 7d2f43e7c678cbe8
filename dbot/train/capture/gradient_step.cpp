#include "dbot/train/capture/gradient_step.h"

#include <c10/core/GradMode.h>
#include <c10/core/Scalar.h>

#include <cmath>
#include <utility>

namespace dbot::train {

MicroBatch move_to(MicroBatch micro, const runtime::Device& device) {
  micro.batch.tensors = runtime::move_to(std::move(micro.batch.tensors), device);
  micro.batch.offsets = runtime::move_to(std::move(micro.batch.offsets), device);
  micro.draws = runtime::move_to(std::move(micro.draws), device);
  return micro;
}

GradientStep::GradientStep(methods::Method& method, const methods::StepContext& context,
                           std::int64_t accumulate)
    : method_(method),
      context_(context),
      accumulate_(static_cast<double>(accumulate)),
      other_buffers_(method.parameters().flat_buffers().clone()) {}

GradientStep::~GradientStep() {
  const c10::NoGradGuard no_graph;
  if (!counts_ && !exchanged_) method_.parameters().flat_buffers().copy_(other_buffers_);
}

void GradientStep::add(MicroBatch micro) {
  const MicroBatch here = move_to(std::move(micro), method_.parameters().device());
  const methods::StepResult result = method_.training_step(here.batch, here.draws, context_);
  scalars_.add(result.scalars);
  losses_.push_back(result.loss.item().toDouble());
  loss_ += losses_.back() / accumulate_;
  finite_ = finite_ && std::isfinite(losses_.back());
  if (finite_) result.loss.div(accumulate_).backward();
}

void GradientStep::exchange_buffers() {
  const c10::NoGradGuard no_graph;
  const at::Tensor buffers = method_.parameters().flat_buffers();
  const at::Tensor now = buffers.clone();
  buffers.copy_(other_buffers_);
  other_buffers_ = now;
  exchanged_ = !exchanged_;
}

}  // namespace dbot::train
