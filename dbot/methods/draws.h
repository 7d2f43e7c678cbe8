#pragma once

#include <cstdint>

#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// What the draws of a step depend on, besides its sample ids.
struct DrawContext {
  std::uint64_t seed = 0;
  std::int64_t stage = 0;
  std::int64_t epoch = 0;
};

/// All random numbers of one step: tests inject them, training computes them (`Method::draw`).
/// Names are the method's own ("mask_noise" [batch, patches], "drop_path" [branches, batch]).
using StepDraws = runtime::NamedTensors;

}  // namespace dbot::methods
