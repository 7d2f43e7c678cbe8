#include "dbot/train/capture/gradient_step.h"

#include <c10/core/Scalar.h>

#include <cmath>

namespace dbot::train {

GradientStep::GradientStep(methods::Method& method, const methods::StepContext& context,
                           std::int64_t accumulate)
    : method_(method), context_(context), accumulate_(static_cast<double>(accumulate)) {}

void GradientStep::add(const MicroBatch& micro) {
  const methods::StepResult result = method_.training_step(micro.batch, micro.draws, context_);
  scalars_.add(result.scalars);
  losses_.push_back(result.loss.item().toDouble());
  loss_ += losses_.back() / accumulate_;
  finite_ = finite_ && std::isfinite(losses_.back());
  if (finite_) result.loss.div(accumulate_).backward();
}

}  // namespace dbot::train
