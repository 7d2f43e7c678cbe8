#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <utility>

#include "dbot/methods/method.h"
#include "dbot/nn/drop_path.h"

namespace dbot::methods {

/// Uniform draws in [0, 1), float32 [branches, batch]; a column depends on (seed, stage, epoch,
/// sample) alone.
at::Tensor drop_path_draws(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                           std::span<const std::int64_t> sample_ids, std::int64_t branches);

/// The encoder's and the decoder's part of the draws "drop_path"; rates rise anew in the decoder.
std::pair<nn::DropPath, nn::DropPath> split_drop_path(double maximum, const StepDraws& draws,
                                                      std::int64_t encoder_depth,
                                                      std::int64_t decoder_depth);

}  // namespace dbot::methods
