#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/data/image/normalise.h"
#include "dbot/ops/clip_patches.h"

namespace dbot::methods {

/// Clips of each sample, which lie one behind the other. Throws UsageError for a batch without
/// clips, or whose clips are no whole number of each sample.
std::int64_t clips_of_each(const data::Batch& batch);

/// Clips as a network is to see them: bytes are normalised, float32 ones are as they are.
ops::Clips seen_clips(const data::Batch& batch, const std::vector<double>& mean,
                      const std::vector<double>& std, data::ChannelScales& scales);

}  // namespace dbot::methods
