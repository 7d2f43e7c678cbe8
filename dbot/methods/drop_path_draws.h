#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace dbot::methods {

/// Uniform draws in [0, 1), float32 [branches, batch]; a column depends on (seed, stage, epoch,
/// sample) alone.
at::Tensor drop_path_draws(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                           std::span<const std::int64_t> sample_ids, std::int64_t branches);

}  // namespace dbot::methods
