#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/batch.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::report {

/// Images, or clips, that are shown, as the network sees them but not augmented: centre crops.
struct PictureSamples {
  at::Tensor images;                 // uint8 [samples, channels, height, width]
  runtime::NamedTensors further;     // other parts of a batch: first dimension = samples
  std::vector<std::int64_t> ids;     // in the data set
  std::vector<std::int64_t> labels;  // −1: unlabelled
  std::vector<std::string> names;    // below the folder that all samples share
  std::vector<std::string> classes;  // empty if unlabelled

  std::int64_t size() const { return static_cast<std::int64_t>(ids.size()); }
  /// Samples `begin` to `begin + count` as a batch.
  data::Batch batch(std::int64_t begin, std::int64_t count) const;
};

struct SampleChoice {
  std::int64_t count = 256;  // fewer if the data set is smaller
  std::uint64_t seed = 0;    // the choice depends on it and the data set's size alone
  /// What is loaded of each: "images", not augmented, or "clips", one of each, whose middle frame
  /// is its image; and what else a method shows.
  std::vector<data::BatchPartFactory> parts;
  int workers = 1;
};

/// Draws samples without repetition and loads them. Files that cannot be read are left out. Throws
/// DataError if none can, Stopped when asked to stop.
PictureSamples load_picture_samples(const std::shared_ptr<const data::Dataset>& dataset,
                                    const SampleChoice& choice, const core::StopRequest& stop,
                                    const core::Log& log);

}  // namespace dbot::report
