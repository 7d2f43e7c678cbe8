#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::ops {

/// What an update of an optimizer is made with, in the memory of a device: float32 without
/// dimension. The host asks for none of them, and a captured step reads what they are when it runs.
struct StepNumbers {
  at::Tensor learning_rate;
  at::Tensor gradient_divisor;  // of clipping, at least 1; undefined: there is none
  at::Tensor skipped;           // 1: nothing changes but the gradients, which become zero; else 0
  at::Tensor count;             // updates so far, this one among them unless it is skipped
};

}  // namespace dbot::ops
