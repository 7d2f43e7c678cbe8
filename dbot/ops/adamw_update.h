#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/ops/step_numbers.h"

// The optimizer's work on flat float32 buffers: one pass over the gradients for their norm, one
// over everything for the update.
namespace dbot::ops {

/// Sum of the squares of a flat float32 tensor. Not finite if a value is not, or if its square
/// overflows float32, which the second moment could not hold either. Partial sums have fixed
/// places: the number of threads changes no bit.
double sum_of_squares(const at::Tensor& values);

/// The same as a number on the device of the values, float64 without dimension: nothing waits.
at::Tensor sum_of_squares_on_device(const at::Tensor& values);

/// What an update changes: flat float32 tensors of one length.
struct AdamWTensors {
  const at::Tensor& values;
  const at::Tensor& gradients;
  const at::Tensor& exp_avg;
  const at::Tensor& exp_avg_sq;
};

struct AdamWOptions {
  double learning_rate = 0;
  double beta1 = 0.9, beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0;
  double gradient_scale = 1;  // of clipping
  std::int64_t step = 1;      // counts from 1
  /// False: the decay is taken off the values (AdamW). True: it is added to the gradient (Adam with
  /// L2 regularisation).
  bool decay_in_gradient = false;
};

/// One update of AdamW or Adam: decay, both moments, the step with bias correction. Clears the
/// gradients in the same pass. Source: Loshchilov & Hutter, arXiv 1711.05101, algorithm 2.
void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options);

/// The same with numbers on the device of the tensors, which stand for the options' rate, gradient
/// scale and step. What a skipped step leaves is bit for bit what it was.
void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options,
                  const StepNumbers& numbers);

}  // namespace dbot::ops
