#include "dbot/ops/flat_updates.h"

#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

bool has_kernels(const at::Tensor& values) {
  return values.scalar_type() == at::kFloat && values.is_contiguous();
}

Backend backend_of(const MomentumTensors& tensors) {
  const auto& [values, gradients, momentum] = tensors;
  const bool kernels = has_kernels(values) && has_kernels(gradients) &&
                       (!momentum.defined() || has_kernels(momentum));
  return kernels ? ops::backend_of({values, gradients, momentum}) : Backend::reference;
}

void check(std::span<const FlatRange> layers, std::int64_t size) {
  std::int64_t end = 0;
  for (const FlatRange& layer : layers) {
    if (layer.begin < end || layer.end < layer.begin || layer.end > size) {
      throw Error("[LARS] a layer is elements " + std::to_string(layer.begin) + " to " +
                  std::to_string(layer.end) + ", expected layers of " + std::to_string(size) +
                  " elements in ascending order that do not overlap");
    }
    end = layer.end;
  }
}

}  // namespace

void sgd_update(const MomentumTensors& tensors, const SgdOptions& options) {
  switch (backend_of(tensors)) {
    case Backend::cpu:
      return sgd_update_cpu(tensors, options);
    case Backend::cuda:
    case Backend::reference:
      return sgd_update_reference(tensors, options);
  }
}

void lars_update(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                 const LarsOptions& options) {
  check(layers, tensors.values.numel());
  switch (backend_of(tensors)) {
    case Backend::cpu:
      return lars_update_cpu(tensors, layers, options);
    case Backend::cuda:
    case Backend::reference:
      return lars_update_reference(tensors, layers, options);
  }
}

void sgd_update(const MomentumTensors& tensors, const SgdOptions& options,
                const StepNumbers& numbers) {
  sgd_update_reference(tensors, options, numbers);
}

void lars_update(const MomentumTensors& tensors, std::span<const FlatRange> layers,
                 const LarsOptions& options, const StepNumbers& numbers) {
  check(layers, tensors.values.numel());
  lars_update_reference(tensors, layers, options, numbers);
}

void move_towards(const at::Tensor& values, const at::Tensor& towards, double share,
                  const at::Tensor& skipped) {
  if (skipped.defined()) return move_unless_skipped_reference(values, towards, share, skipped);
  const bool kernels = has_kernels(values) && has_kernels(towards);
  switch (kernels ? ops::backend_of({values, towards}) : Backend::reference) {
    case Backend::cpu:
      return move_towards_cpu(values, towards, share);
    case Backend::cuda:
    case Backend::reference:
      return move_towards_reference(values, towards, share);
  }
}

}  // namespace dbot::ops
