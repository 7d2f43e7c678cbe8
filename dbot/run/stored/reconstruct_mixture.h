#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/runtime/precision.h"

namespace dbot::run {

struct MixtureOptions {
  std::filesystem::path model;                  // a run or checkpoint folder
  std::array<std::filesystem::path, 2> images;  // image files
  std::filesystem::path out;  // new, empty, or with earlier pictures, which are replaced
  double lam = 0.3;           // weight of the first image, 0…1
  std::optional<double> mask_ratio = {};  // empty: as in training
  std::uint64_t seed = 0;                 // of the mask
  runtime::PrecisionRequest precision = runtime::PrecisionRequest::automatic;  // auto: the run's
};

/// What was written: pictures.json and the strip of all images, and some of them by themselves.
struct MixtureFiles {
  report::PictureSet set;
  /// PNG files at the network's size: mixture, masked, subordinate and, where there is one,
  /// dominant.
  std::vector<std::filesystem::path> images;
};

/// Mixes two images and writes what a stored method takes out of the mixture. Throws UsageError for
/// a method that takes no mixtures apart and for values out of range, DataError for an image that
/// cannot be read, Error.
MixtureFiles reconstruct_mixture(const MixtureOptions& options, const core::Log& log);

}  // namespace dbot::run
