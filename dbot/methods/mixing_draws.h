#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/data/augment/mixing.h"
#include "dbot/methods/draws.h"

// A batch's mixture as a tensor among the draws of a step.
namespace dbot::methods {

/// float64 [6]: λ, whether there is a box, and its top, left, height and width.
at::Tensor mixing_tensor(const data::Mix& mix);

/// The mixture that "mixing" of the draws holds; nothing is mixed where they have none.
data::Mix drawn_mix(const StepDraws& draws);

}  // namespace dbot::methods
