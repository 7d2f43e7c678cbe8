#pragma once

#include <vector>

#include "dbot/data/image/normalise.h"
#include "dbot/ops/image_patches.h"

namespace dbot::methods {

/// What pixels in 0…1 are normalised with, one number a channel; empty: not known.
struct PixelStatistics {
  std::vector<double> mean, std;

  bool operator==(const PixelStatistics&) const = default;
};

/// The same images for a network that wants other statistics: bytes are normalised anew, values are
/// converted, (x · std + mean − mean′) / std′. As they are where the statistics are equal, where
/// those wanted are not known, or where values have unknown ones. docs/methods/maskdistill.md §3.
/// `scales` keeps what bytes are normalised with.
ops::Images renormalised(const ops::Images& images, const PixelStatistics& from,
                         const PixelStatistics& to, data::ChannelScales& scales);

/// The same, once.
inline ops::Images renormalised(const ops::Images& images, const PixelStatistics& from,
                                const PixelStatistics& to) {
  data::ChannelScales scales;
  return renormalised(images, from, to, scales);
}

}  // namespace dbot::methods
