#pragma once

#include "dbot/ops/adamw_update.h"

// The ways to do the optimizer's work; `adamw_update.cpp` chooses.
namespace dbot::ops {

double sum_of_squares_reference(const at::Tensor& values);
/// LibTorch's fused kernel, then a pass that clears the gradients.
void adamw_update_reference(const AdamWTensors& tensors, const AdamWOptions& options);

double sum_of_squares_cpu(const at::Tensor& values);
void adamw_update_cpu(const AdamWTensors& tensors, const AdamWOptions& options);

}  // namespace dbot::ops
