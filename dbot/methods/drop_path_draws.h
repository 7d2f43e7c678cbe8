#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/methods/draws.h"
#include "dbot/nn/drop_path.h"

namespace dbot::methods {

/// Uniform draws in [0, 1), float32 [branches, batch]; a column depends on (seed, stage, epoch,
/// sample) alone.
at::Tensor drop_path_draws(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                           std::span<const std::int64_t> sample_ids, std::int64_t branches);

/// Stochastic depth by the draws "drop_path" of a step, where it has some; without them nothing is
/// dropped.
nn::DropPath drop_path_of(const StepDraws& draws, double maximum);

}  // namespace dbot::methods
