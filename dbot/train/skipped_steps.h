#pragma once

#include <cstdint>
#include <string>

#include "dbot/train/observer.h"

// Steps whose loss or gradient is not finite leave the weights alone.
namespace dbot::train {

/// The warning of such a step; `state` is that after it.
std::string skipped_step_text(const TrainState& state, double loss);

/// Throws Error when the run gets nowhere: after `most_in_a_row` such steps in a row, and when all
/// `total_steps` of the run were such steps.
void throw_if_hopeless(const TrainState& state, std::int64_t most_in_a_row,
                       std::int64_t total_steps);

}  // namespace dbot::train
