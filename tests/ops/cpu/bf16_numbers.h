#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "tests/ops/operation_table.h"

namespace dbot::ops {

/// Normal numbers in float32 that depend on shape and `seed` alone.
inline at::Tensor float_numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                                double size = 1.0) {
  return table_numbers(shape, seed, size).to(at::kFloat);
}

/// The relative L2 error of what was found; `expected` is in double precision.
inline double error_of(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

}  // namespace dbot::ops
