#pragma once

#include <cstdint>
#include <memory>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/loader.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/nn/backbone.h"

namespace dbot::eval {

/// How images are paired.
struct PairChoice {
  double same_class = 0;   // share of partners of an image's own class
  std::uint64_t seed = 0;  // of the pairs
};

/// Every image once, in order, as "images", and its partner as "partner.images": centre crops,
/// uint8 [batch, channels, height, width]. The same pairs for every network that reads these
/// images.
std::unique_ptr<data::Loader> pair_loader(const std::shared_ptr<const data::Dataset>& dataset,
                                          const nn::ImageInput& input, const PairChoice& choice,
                                          const ExtractionSettings& settings, const core::Log& log);

}  // namespace dbot::eval
