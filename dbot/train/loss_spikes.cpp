#include "dbot/train/loss_spikes.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "dbot/core/error.h"

namespace dbot::train {

void LossSpikes::see(std::int64_t stage, std::int64_t step, double loss) {
  if (factor_ <= 0 || !std::isfinite(loss)) return;
  if (stage != stage_) seen_ = 0;
  stage_ = stage;
  const double mean =
      std::accumulate(last_.begin(), last_.end(), 0.0) / static_cast<double>(kSteps);
  if (seen_ >= kSteps && loss > factor_ * mean) {
    throw Error({.operation = "train",
                 .reason = fmt::format(
                     "the loss of step {} is {:.4g}, {:.3g} times the mean of the {} steps before; "
                     "the limit is train.spike_factor = {:g}",
                     step, loss, loss / mean, kSteps, factor_),
                 .way_out = "go on from the last checkpoint with a lower optimizer.base_lr or "
                            "optimizer.clip_norm, or with a higher factor"});
  }
  last_[seen_++ % kSteps] = loss;
}

}  // namespace dbot::train
