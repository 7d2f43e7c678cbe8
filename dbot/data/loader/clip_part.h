#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/augment/augmentation.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/video/clip_views.h"
#include "dbot/data/video/decode_clips.h"
#include "dbot/data/video/video_indices.h"

namespace dbot::data {

/// The clips that a training step takes of each video, or the views of a test.
struct ClipPartConfig {
  ClipTiming timing = {};
  core::Size size = {};
  /// Training: so many clips of each video, each with its own start, crop and flip; their first
  /// dimension is video-major: clip r of slot b is row b · repeats + r.
  std::int64_t repeats = 1;
  /// Otherwise views: `time_views` of them along the video, and of each the middle or, with three
  /// `side_views`, both ends too of the longer side. Row b · views + time · side_views + side.
  bool augmented = true;
  /// MAE-ST's: half the area at least, no change of pixels. All frames of a clip are cropped,
  /// mirrored and changed alike (`augment_frames`).
  AugmentationConfig augmentation = {
      .crop_scale = {0.5, 1.0}, .crop_ratio = {0.75, 1.3333}, .pixels = {}};
  std::int64_t time_views = 1, side_views = 1;
  ViewSpacing spacing = ViewSpacing::even;
  VideoLimits limits = {};
  std::filesystem::path index_folder = default_video_index_folder();  // empty: none on disk

  std::int64_t clips() const { return augmented ? repeats : time_views * side_views; }
};

/// The clips of one video, in the order of their rows; where they go is the caller's. Draws are
/// keyed by (seed, epoch, sample, repeat).
std::vector<ClipRequest> clip_requests(const ClipPartConfig& config, const VideoIndex& index,
                                       const SampleDraws& draws);

/// The clips of a batch's videos (video_place.h): tensor "clips", uint8 [slots · clips, 3, frames,
/// height, width], not normalised. The parts of a factory share the indices of videos. Throws
/// UsageError for settings that no clip has; `make` throws Error where the module that reads videos
/// is missing.
BatchPartFactory clip_part(ClipPartConfig config);

}  // namespace dbot::data
