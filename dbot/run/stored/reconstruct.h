#pragma once

#include <cstdint>
#include <filesystem>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/runtime/precision.h"

namespace dbot::run {

inline constexpr std::int64_t kMostReconstructed = 256;

struct ReconstructOptions {
  std::filesystem::path model;  // a run or checkpoint folder: see load_stored_method
  std::filesystem::path data;   // see data::open_images
  /// Of the images, for a run that reads captions: "beside" or a file; empty: the run's own, if the
  /// images have some there.
  std::string captions = {};
  std::filesystem::path out;  // new, empty, or with earlier pictures, which are replaced
  std::int64_t images = 16;   // 1…kMostReconstructed, a seeded choice; fewer if there are fewer
  std::uint64_t seed = 0;     // of the choice of images and of the masks
  int workers = 1;
  runtime::PrecisionRequest precision = runtime::PrecisionRequest::automatic;  // auto: the run's
};

/// Draws what a stored method makes of the images of a folder: PNG files and pictures.json in
/// `out`. Throws UsageError, DataError, Error, Stopped.
report::PictureSet reconstruct(const ReconstructOptions& options, const core::StopRequest& stop,
                               const core::Log& log);

}  // namespace dbot::run
