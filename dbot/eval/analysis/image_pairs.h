#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/batch.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/nn/backbone.h"

namespace dbot::eval {

/// How images are paired.
struct PairChoice {
  double same_class = 0;   // share of partners of an image's own class
  std::uint64_t seed = 0;  // of the pairs
};

/// Throws UsageError unless there are some images and the share of partners is 0 to 1. `operation`
/// ("separability") names who asks.
void check_pairs(const char* operation, std::int64_t images, double same_class);

/// Gives every image once, in order, as "images" with its partner as "partner.images": centre
/// crops, uint8 [batch, channels, height, width]; the same pairs for every network that reads these
/// images. Returns how many images were read. Throws DataError where none could be, Stopped when
/// asked to stop.
std::int64_t visit_pairs(const char* operation, const std::shared_ptr<const data::Dataset>& dataset,
                         const nn::ImageInput& input, const PairChoice& choice,
                         const ExtractionSettings& settings, const core::StopRequest& stop,
                         const core::Log& log,
                         const std::function<void(const data::Batch&)>& receive);

}  // namespace dbot::eval
