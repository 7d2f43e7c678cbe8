#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/methods/capabilities/mixture_capability.h"
#include "dbot/nn/backbone.h"

namespace dbot::eval {

struct MixturesConfig {
  std::vector<double> lams = {0.1, 0.2, 0.3, 0.4, 0.5};  // weights of the subordinate image
  std::int64_t images = 2000;             // a seeded choice; fewer where there are fewer
  std::optional<double> mask_ratio = {};  // empty: as in training
  double intra_rate = 0;                  // share of partners of an image's own class
  std::uint64_t seed = 0;                 // of the choice, the pairs and the masks
};

/// Mean squared errors a hidden pixel value at one weight: docs/methods/imae.md §6.1.
struct MixturesRow {
  double lam = 0;
  methods::SeparationError subordinate = {};
  std::optional<methods::SeparationError> dominant = {};  // none of one separation layer
};

struct Mixtures {
  std::vector<MixturesRow> rows;
  std::int64_t images = 0;  // that were read, each the first of a pair
};

/// How well a method that takes mixtures apart reconstructs both images of held-out pairs; pairs
/// and masks are those of `measure_separability` on the same images and seed. input: of its
/// backbone. settings: batch size, workers, precision, value range. Throws UsageError for values
/// out of range; Stopped when asked to stop.
Mixtures measure_mixtures(const methods::MixtureCapability& method, const nn::ImageInput& input,
                          const std::shared_ptr<const data::Dataset>& dataset,
                          const MixturesConfig& config, const ExtractionSettings& settings,
                          const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::eval
