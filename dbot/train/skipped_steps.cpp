#include "dbot/train/skipped_steps.h"

#include <fmt/format.h>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

constexpr const char* kWayOut =
    "lower optimizer.base_lr, set optimizer.clip_norm or use train.precision = \"fp32\"; dbot "
    "replay RUN/captures/step-… tells where it began";

}  // namespace

std::string skipped_step_text(const TrainState& state, double loss) {
  return fmt::format(
      "step {}: loss {} or its gradient is not finite; the step is skipped ({} in a row, {} in "
      "all)",
      state.step, loss, state.skipped_in_a_row, state.skipped_steps);
}

void throw_if_hopeless(const TrainState& state, std::int64_t most_in_a_row,
                       std::int64_t total_steps) {
  if (state.skipped_in_a_row >= most_in_a_row) {
    throw Error({.operation = "train",
                 .reason = fmt::format(
                     "{} steps in a row had a non-finite loss or gradient, the limit is "
                     "train.max_skipped_steps = {}; the weights are those of the last good step",
                     state.skipped_in_a_row, most_in_a_row),
                 .way_out = kWayOut});
  }
  if (state.step >= total_steps && state.skipped_steps >= state.step) {
    throw Error({.operation = "train",
                 .reason = fmt::format(
                     "not one of the run's {} steps had a finite loss and gradient: nothing was "
                     "learnt, the weights are those it began with",
                     state.step),
                 .way_out = kWayOut});
  }
}

}  // namespace dbot::train
