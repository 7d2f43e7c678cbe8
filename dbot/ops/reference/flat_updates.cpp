#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

/// The gradient after clipping, with the decay.
at::Tensor direction_of(const MomentumTensors& tensors, double gradient_scale, double decay) {
  at::Tensor direction = tensors.gradients.mul(gradient_scale);
  if (decay != 0) direction.add_(tensors.values, decay);
  return direction;
}

/// The same where the numbers lie on a device. That of a step that is skipped is not finite.
at::Tensor direction_of(const MomentumTensors& tensors, const StepNumbers& numbers, double decay) {
  const at::Tensor& divisor = numbers.gradient_divisor;
  at::Tensor direction =
      divisor.defined() ? tensors.gradients.div(divisor) : tensors.gradients.clone();
  if (decay != 0) direction.add_(tensors.values, decay);
  return direction;
}

at::Tensor norm_of(const at::Tensor& values) {
  return at::linalg_vector_norm(values.to(at::kDouble));
}

/// Each layer's part of the direction times its trust.
void trust_layers(const at::Tensor& values, const at::Tensor& direction,
                  std::span<const FlatRange> layers, double coefficient) {
  for (const FlatRange& layer : layers) {
    const at::Tensor part = direction.slice(0, layer.begin, layer.end);
    const at::Tensor of_values = norm_of(values.slice(0, layer.begin, layer.end));
    const at::Tensor of_part = norm_of(part);
    const at::Tensor trusted = of_values.mul(coefficient).div(of_part);
    const at::Tensor both = of_values.gt(0).logical_and(of_part.gt(0));
    part.mul_(at::where(both, trusted, at::ones_like(trusted)));
  }
}

void replace_unless_skipped(const at::Tensor& old, const at::Tensor& fresh,
                            const at::Tensor& skipped) {
  old.copy_(at::where(skipped.gt(0), old, fresh));
}

}  // namespace

void sgd_update_reference(const MomentumTensors& tensors, const SgdOptions& options) {
  const c10::NoGradGuard no_graph;
  at::Tensor direction = direction_of(tensors, options.gradient_scale, options.weight_decay);
  if (tensors.momentum.defined()) {
    tensors.momentum.mul_(options.momentum).add_(direction);
    direction =
        options.nesterov ? direction.add_(tensors.momentum, options.momentum) : tensors.momentum;
  }
  tensors.values.add_(direction, -options.learning_rate);
  tensors.gradients.zero_();
}

void lars_update_reference(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                           const LarsOptions& options) {
  const c10::NoGradGuard no_graph;
  const at::Tensor direction = direction_of(tensors, options.gradient_scale, options.weight_decay);
  trust_layers(tensors.values, direction, layers, options.trust_coefficient);
  tensors.momentum.mul_(options.momentum).add_(direction);
  tensors.values.add_(tensors.momentum, -options.learning_rate);
  tensors.gradients.zero_();
}

void sgd_update_reference(const MomentumTensors& tensors, const SgdOptions& options,
                          const StepNumbers& numbers) {
  const c10::NoGradGuard no_graph;
  at::Tensor direction = direction_of(tensors, numbers, options.weight_decay);
  if (tensors.momentum.defined()) {
    const at::Tensor momentum = tensors.momentum.mul(options.momentum).add_(direction);
    direction = options.nesterov ? direction.add_(momentum, options.momentum) : momentum;
    replace_unless_skipped(tensors.momentum, momentum, numbers.skipped);
  }
  replace_unless_skipped(tensors.values, tensors.values.sub(direction.mul(numbers.learning_rate)),
                         numbers.skipped);
  tensors.gradients.zero_();
}

void lars_update_reference(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                           const LarsOptions& options, const StepNumbers& numbers) {
  const c10::NoGradGuard no_graph;
  const at::Tensor direction = direction_of(tensors, numbers, options.weight_decay);
  trust_layers(tensors.values, direction, layers, options.trust_coefficient);
  const at::Tensor momentum = tensors.momentum.mul(options.momentum).add_(direction);
  replace_unless_skipped(tensors.momentum, momentum, numbers.skipped);
  replace_unless_skipped(tensors.values, tensors.values.sub(momentum.mul(numbers.learning_rate)),
                         numbers.skipped);
  tensors.gradients.zero_();
}

void move_unless_skipped_reference(const at::Tensor& values, const at::Tensor& towards,
                                   double share, const at::Tensor& skipped) {
  const c10::NoGradGuard no_graph;
  replace_unless_skipped(values, values.add(towards.sub(values), share), skipped);
}

void move_towards_reference(const at::Tensor& values, const at::Tensor& towards, double share) {
  const c10::NoGradGuard no_graph;
  values.add_(towards.sub(values), share);
}

}  // namespace dbot::ops
