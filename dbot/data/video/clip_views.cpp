#include "dbot/data/video/clip_views.h"

#include <algorithm>
#include <cmath>

namespace dbot::data {
namespace {

double left_beside(std::int64_t frames, double length) {
  return std::max(static_cast<double>(frames) - length, 0.0);
}

}  // namespace

double clip_length(const ClipTiming& timing, double rate) {
  const double apart = timing.stride * static_cast<double>(timing.frames);
  return timing.rate > 0 ? apart * rate / timing.rate : apart;
}

double random_start(double draw, std::int64_t frames, double length) {
  return draw * left_beside(frames, length);
}

double view_start(std::int64_t view, std::int64_t views, std::int64_t frames, double length,
                  ViewSpacing spacing) {
  const double left = left_beside(frames, length);
  const auto number = static_cast<double>(view), count = static_cast<double>(views);
  if (spacing == ViewSpacing::open) return left * number / count;
  return views == 1 ? std::floor(left / 2) : number * std::floor(left / (count - 1));
}

std::vector<std::int64_t> clip_frames(double start, double length, std::int64_t count,
                                      std::int64_t frames) {
  const auto first = static_cast<float>(start), last = static_cast<float>(start + length - 1);
  const float step = count > 1 ? (last - first) / static_cast<float>(count - 1) : 0;
  const auto highest = static_cast<float>(frames - 1);
  std::vector<std::int64_t> ids(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    // From the nearer end, like PyTorch's linspace.
    const float place = i < count / 2 || count == 1
                            ? first + step * static_cast<float>(i)
                            : last - step * static_cast<float>(count - 1 - i);
    ids[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(std::clamp(place, 0.0F, highest));
  }
  return ids;
}

ResizeWindow side_view(int height, int width, std::int64_t size, int view) {
  core::Size scaled{height, width};
  const bool fits = (width <= height && width == size) || (height <= width && height == size);
  if (!fits) {
    const auto along = [size](int longer, int shorter) {
      const double ratio = static_cast<double>(longer) / shorter;
      return static_cast<std::int64_t>(std::floor(ratio * static_cast<double>(size)));
    };
    scaled = width < height ? core::Size{along(height, width), size}
                            : core::Size{size, along(width, height)};
  }
  const bool tall = scaled.height > scaled.width;
  const std::int64_t free = std::max(scaled.height, scaled.width) - size;
  const std::int64_t offset = view == 0 ? 0 : view == 1 ? (free + 1) / 2 : free;
  return {{0, 0, height, width}, scaled, tall ? offset : 0, tall ? 0 : offset, {size, size}};
}

}  // namespace dbot::data
