#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/core/progress.h"
#include "dbot/core/stop.h"
#include "dbot/eval/frozen/nearest.h"

namespace dbot::eval {

/// Numbers of the largest block of a set: 64 MB of rows, and as much of similarities.
inline constexpr std::int64_t kLargestSetBlock = std::int64_t{1} << 24;

/// Of each query the `most` nearest rows of a set by cosine, nearest first, ties by index: exact.
/// `queries` is [queries, …], `set` [rows, …] of as many numbers a row; neither need be normalised.
/// The set is compared in blocks of so many numbers, so that little memory is taken beside it.
/// Throws Error for features that are not finite or do not fit each other, Stopped when asked.
/// `progress` is told of the set's rows; may be empty.
std::vector<std::vector<Neighbour>> nearest_images(const at::Tensor& queries, const at::Tensor& set,
                                                   std::int64_t most, const core::StopRequest& stop,
                                                   const core::TellProgress& progress = {},
                                                   std::int64_t block_numbers = kLargestSetBlock);

}  // namespace dbot::eval
