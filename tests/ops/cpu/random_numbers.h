#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>

#include <cstdint>
#include <vector>

// What tests of products in bfloat16 share.
namespace dbot::ops {

/// float32, of deviation `size`, the same for the same seed.
inline at::Tensor random_numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                                 double size = 1.0) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat) * size;
}

/// Norm of the difference as a share of that of `expected`, which is in double precision.
inline double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

}  // namespace dbot::ops
