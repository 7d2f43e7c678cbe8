#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace dbot::ops {

/// Throws Error "`what` are …, expected …" unless all `indices` (int64) are least…count − 1.
void check_within(const std::string& what, const at::Tensor& indices, std::int64_t least,
                  std::int64_t count);

}  // namespace dbot::ops
