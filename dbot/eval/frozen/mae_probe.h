#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/eval/frozen/features.h"
#include "dbot/eval/frozen/linear_probe.h"

namespace dbot::eval {

/// The published settings of MAE's linear probe.
struct MaeProbeConfig {
  std::int64_t epochs = 90;  // the first ninth of them, ten at most, is warm-up
  /// Samples of a step; fewer for smaller sets. As many as the chunks that are read divide.
  std::int64_t batch_size = 16384;
  double base_lr = 0.1;  // per 256 samples of a step
  std::uint64_t seed = 0;
};

/// MAE's linear probe as its authors run it, docs/methods/mae.md §7: every epoch sees other crops
/// (single shot, 8 % to 100 % of the area) and flips of the training images through the frozen
/// network; the head is `MaeProbeHead`, its rate half a cosine from `base_lr` · batch / 256 to 0.
/// All kinds of features are trained in one walk over the images; a result for each of
/// `test.kinds`, in their order. Samples without labels are left out. Costs as many passes over the
/// training images as there are epochs; `linear_probe` needs one. Throws DataError for fewer than
/// two classes, Stopped when asked to stop.
std::vector<ProbeResult> mae_probe(const FeatureSource& source,
                                   const std::shared_ptr<const data::Dataset>& train,
                                   const Features& test, std::int64_t classes,
                                   const MaeProbeConfig& config, const ExtractionSettings& settings,
                                   const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::eval
