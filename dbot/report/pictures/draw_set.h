#pragma once

#include <filesystem>

#include "dbot/core/stop.h"
#include "dbot/methods/method.h"
#include "dbot/report/pictures/features.h"
#include "dbot/report/pictures/samples.h"
#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// What is looked at and how.
struct DrawSettings {
  Look look;
  std::uint64_t seed = 0;    // of the masks, which are the same at every moment
  std::int64_t shown = 8;    // images with strips of their own
  std::int64_t queries = 8;  // images whose neighbours are shown
  std::int64_t nearest = 6;
  std::vector<std::int64_t> channels = {};  // that are shown; empty: the first three
  std::filesystem::path earlier = {};       // the set whose colours these follow; may be empty
};

/// Draws everything that `method` shows of the samples, or of itself where it reads no images, and
/// writes the pictures into `folder`, which exists; pictures.json is the caller's. `held_out` may
/// be null. Changes nothing of the method. Throws Error, Stopped.
PictureSet draw_picture_set(const methods::Method& method, const PictureSamples& samples,
                            const PictureSamples* held_out, const DrawSettings& settings,
                            const std::filesystem::path& folder, const core::StopRequest& stop);

}  // namespace dbot::report
