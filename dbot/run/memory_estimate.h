#pragma once

#include <cstdint>

#include "dbot/run/recipe.h"

namespace dbot::run {

/// A lower bound of the bytes a run holds at once: weights, gradients and moments of the student,
/// the teacher's weights, the images of a batch and what a step keeps for its backward pass.
double least_memory_bytes(const Recipe& recipe);

/// Throws UsageError when that is more than the machine has, naming both and the way out.
void check_memory(const Recipe& recipe, std::int64_t machine_bytes);

}  // namespace dbot::run
