#pragma once

#include <cstdint>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/eval/kinds/feature_kinds.h"

namespace dbot::eval {

/// What an extraction keeps in memory.
struct FeatureMemory {
  std::int64_t images = 0;
  std::vector<std::int64_t> widths = {};  // numbers of an image, by kind
  /// Further copies of the widest kind, as a protocol makes them.
  std::int64_t copies = 0;
  double bytes() const;  // float32
};

/// Of the features of so many images.
FeatureMemory memory_of(const ChosenFeatures& chosen, std::int64_t images);

/// Logs what takes a gigabyte or more. Throws UsageError, with the numbers, for more than the
/// machine has.
void check_feature_memory(const FeatureMemory& memory, std::int64_t machine_bytes,
                          const core::Log& log);

}  // namespace dbot::eval
