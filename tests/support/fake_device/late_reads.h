#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>

// Values on their way to the host. Until they are waited for, the host finds what no test expects.
namespace dbot::test::fake {

/// `values` (of the host) will be in `to`, which is full of not-a-numbers until then.
void read_late(const at::Tensor& values, const at::Tensor& to);

/// How many have been asked for in this process.
std::size_t late_reads_so_far();
/// Brings the first so many of them, where they are still on their way.
void finish_late_reads(std::size_t count);

}  // namespace dbot::test::fake
