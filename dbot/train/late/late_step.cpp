#include "dbot/train/late/late_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <iterator>
#include <utility>

namespace dbot::train {

StepFigures figures_of(const GradientStep& gradients, const at::Tensor& norm,
                       const at::Tensor& skipped) {
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> all = gradients.losses_on_device();
  all.push_back(norm);
  all.push_back(skipped.to(at::kDouble));
  for (const at::Tensor& value : gradients.scalar_sums().values()) {
    all.push_back(value.to(norm.device(), /*non_blocking=*/true));
  }
  return {.values = at::stack(all),
          .losses = gradients.losses_on_device().size(),
          .scalars = gradients.scalar_sums()};
}

LateFigures::LateFigures(const StepFigures& figures)
    : losses_(figures.losses), scalars_(figures.scalars), copy_(figures.values) {}

LateFigures::Values LateFigures::read() {
  const at::Tensor here = copy_.wait();
  const double* value = here.const_data_ptr<double>();
  Values values;
  values.losses.assign(value, value + losses_);
  value += losses_;
  values.norm = *value++;
  values.skipped = *value++ > 0;
  values.scalars = scalars_.named(value);
  return values;
}

StepGate::StepGate(const at::Tensor& like)
    : closed_(at::zeros({}, like.options().dtype(at::kFloat))), closes_(at::zeros_like(closed_)) {}

void StepGate::close_behind_skips(bool closes) {
  if (closes == closes_behind_) return;
  closes_behind_ = closes;
  closes_.fill_(closes ? 1.0 : 0.0);
}

at::Tensor StepGate::skipped(const std::vector<at::Tensor>& losses, const at::Tensor& norm) const {
  const c10::NoGradGuard no_graph;
  at::Tensor finite = at::isfinite(norm);
  for (const at::Tensor& loss : losses) finite = finite.logical_and(at::isfinite(loss));
  at::Tensor result = at::maximum(finite.logical_not().to(at::kFloat), closed_);
  closed_.copy_(result * closes_);
  return result;
}

void StepGate::open() {
  closed_.zero_();
}

}  // namespace dbot::train
