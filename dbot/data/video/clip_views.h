#pragma once

#include <cstdint>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/video/bilinear.h"

// Which frames of a video a clip has, and which part of them a test view shows: MAE-ST
// (Feichtenhofer et al., arXiv 2205.09113) and its reference code.
namespace dbot::data {

/// How many frames a clip has, and how far apart they are.
struct ClipTiming {
  std::int64_t frames = 16;
  double stride = 4;  // frames of a video of `rate`
  double rate = 30;   // frames a second; 0: that of each video
};

/// Frames of a video of `rate` frames a second that a clip spans; a real number.
double clip_length(const ClipTiming& timing, double rate);

/// Where a clip begins in a video of `frames` frames: `draw` in [0, 1) of what is left beside it.
double random_start(double draw, std::int64_t frames, double length);

/// How the views of a test are spread over a video.
enum class ViewSpacing {
  even,  // from the first frame to the last; one view alone lies in the middle
  open,  // the last one ends before the video does
};

/// Where view `view` of `views` begins.
double view_start(std::int64_t view, std::int64_t views, std::int64_t frames, double length,
                  ViewSpacing spacing = ViewSpacing::even);

/// The numbers of `count` frames from `start` to `start + length − 1`, both in single precision; a
/// video that is too short repeats its last frame.
std::vector<std::int64_t> clip_frames(double start, double length, std::int64_t count,
                                      std::int64_t frames);

/// One of three views along the longer side of a frame, whose shorter side becomes `size`.
ResizeWindow side_view(int height, int width, std::int64_t size, int view);

}  // namespace dbot::data
