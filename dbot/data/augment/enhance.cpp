#include "dbot/data/augment/enhance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "dbot/data/kernels/colour_kernels.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

constexpr std::size_t kLumaPart = 2048;  // pixels whose luma is held at a time

/// Calls `use(luma, first pixel, pixels)` for one part of the image after the other.
template <typename Use>
void for_luma(const PlanarImage& image, const Use& use) {
  std::array<std::uint8_t, kLumaPart> luma;
  const std::size_t total = image.plane_bytes();
  for (std::size_t begin = 0; begin < total; begin += kLumaPart) {
    const std::size_t count = std::min(kLumaPart, total - begin);
    data::luma_of_planes(image.plane(0) + begin, image.plane(1) + begin, image.plane(2) + begin,
                         count, luma.data());
    use(luma.data(), begin, count);
  }
}

/// Rounded.
int mean_luma(const PlanarImage& image) {
  std::uint64_t sum = 0;
  std::size_t count = image.bytes();
  if (image.colour()) {
    count = image.plane_bytes();
    for_luma(image, [&](const std::uint8_t* luma, std::size_t, std::size_t part) {
      sum += data::sum_of_pixels(luma, part);
    });
  } else {
    sum = data::sum_of_pixels(image.pixels, count);
  }
  return static_cast<int>(std::lround(static_cast<double>(sum) / static_cast<double>(count)));
}

/// Pillow's SMOOTH, which leaves the border as it is.
void smooth_plane(const PlanarImage& image, int channel, std::uint8_t* smooth) {
  const auto width = static_cast<std::size_t>(image.width);
  const auto* plane = image.plane(channel);
  std::copy_n(plane, image.plane_bytes(), smooth);
  for (int y = 1; y + 1 < image.height; ++y) {
    const auto* here = plane + static_cast<std::size_t>(y) * width;
    data::smooth_line(here - width, here, here + width, width,
                      smooth + static_cast<std::size_t>(y) * width);
  }
}

}  // namespace

void adjust_brightness(const PlanarImage& image, double factor) {
  data::blend_from_value(0, static_cast<float>(factor), image.bytes(), image.pixels);
}

void adjust_contrast(const PlanarImage& image, double factor) {
  data::blend_from_value(mean_luma(image), static_cast<float>(factor), image.bytes(), image.pixels);
}

void adjust_saturation(const PlanarImage& image, double factor) {
  if (!image.colour()) return;
  for_luma(image, [&](const std::uint8_t* luma, std::size_t begin, std::size_t count) {
    for (int c = 0; c < 3; ++c) {
      data::blend_from(luma, static_cast<float>(factor), count, image.plane(c) + begin);
    }
  });
}

void adjust_hue(const PlanarImage& image, double turns) {
  if (!image.colour()) return;
  const auto shift = static_cast<std::uint8_t>(static_cast<int>(turns * 255));
  data::turn_hue(shift, image.plane_bytes(), image.plane(0), image.plane(1), image.plane(2));
}

void adjust_sharpness(const PlanarImage& image, double factor) {
  thread_local std::vector<std::uint8_t> smooth;  // its memory serves the next image
  auto* base = room(smooth, image.plane_bytes());
  for (int c = 0; c < image.channels; ++c) {
    smooth_plane(image, c, base);
    data::blend_from(base, static_cast<float>(factor), image.plane_bytes(), image.plane(c));
  }
}

void to_grey(const PlanarImage& image) {
  if (!image.colour()) return;
  for_luma(image, [&](const std::uint8_t* luma, std::size_t begin, std::size_t count) {
    for (int c = 0; c < 3; ++c) std::copy_n(luma, count, image.plane(c) + begin);
  });
}

}  // namespace dbot::data
