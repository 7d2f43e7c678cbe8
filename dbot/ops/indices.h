#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace dbot::ops {

/// Throws Error "`what` are …, expected …" unless all `indices` (int64) are least…count − 1. Those
/// that lie on another device than the host are not looked at, since the device would have to be
/// waited for: they come from masks and ids that were checked on the host.
void check_within(const std::string& what, const at::Tensor& indices, std::int64_t least,
                  std::int64_t count);

}  // namespace dbot::ops
