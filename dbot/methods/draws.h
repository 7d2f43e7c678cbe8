#pragma once

#include <cstdint>

#include "dbot/core/random.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// What the draws of a step depend on, besides its sample ids.
struct DrawContext {
  std::uint64_t seed = 0;
  std::int64_t stage = 0;
  std::int64_t epoch = 0;
  /// Number of the micro-batch, counted over the whole run; the same in all processes that train
  /// together. What a batch draws as a whole (a mixture, a permutation) is keyed by it.
  std::int64_t micro_batch = 0;
};

/// The stream of the micro-batch as a whole.
core::Random batch_draws(const DrawContext& context);

/// All random numbers of one step: tests inject them, training computes them (`Method::draw`).
/// Names are the method's own ("mask_noise" [batch, patches], "drop_path" [branches, batch]).
using StepDraws = runtime::NamedTensors;

}  // namespace dbot::methods
