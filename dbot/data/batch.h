#pragma once

#include <cstdint>
#include <vector>

#include "dbot/runtime/named_tensors.h"

namespace dbot::data {

/// What a method is given in one step. Nothing in it is image-only.
struct Batch {
  /// Named tensors, first dimension = samples unless `offsets` has the same name. Images: "images",
  /// uint8 [batch, channels, height, width], not normalised.
  runtime::NamedTensors tensors;
  /// For ragged parts (text, graphs): int64 [batch + 1], where each sample begins.
  runtime::NamedTensors offsets;
  /// Index of each sample in its data set: what draws are keyed by. Where an epoch shows a sample
  /// again (LoaderConfig::sources) a multiple of the data set's size is added.
  std::vector<std::int64_t> sample_ids;
  std::vector<std::int64_t> labels;  // empty if the data set has none
  std::int64_t epoch = 0;

  std::int64_t size() const { return static_cast<std::int64_t>(sample_ids.size()); }
};

}  // namespace dbot::data
