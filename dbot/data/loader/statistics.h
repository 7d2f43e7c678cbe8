#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/image/image.h"

namespace dbot::data {

/// Mean and deviation per channel over a fixed, seeded choice of at most `images` images, pixels
/// 0…1.
struct PixelStatistics {
  std::vector<double> mean, std;
  SetValues values;  // that were seen, where files have more than 8 bits
};
PixelStatistics measure_statistics(const Dataset& dataset, const PixelFormat& format,
                                   std::int64_t images, std::uint64_t seed);

}  // namespace dbot::data
