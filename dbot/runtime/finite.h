#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::runtime {

/// Whether every value of a tensor of any type is finite. One pass and no second tensor, unless the
/// sum of large values overflows.
bool all_finite(const at::Tensor& tensor);

}  // namespace dbot::runtime
