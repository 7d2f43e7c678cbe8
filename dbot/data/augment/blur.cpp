#include "dbot/data/augment/blur.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "dbot/data/kernels/blur_kernels.h"
#include "dbot/data/scratch.h"
#include "dbot/ops/cpu/kernels/pixel_kernels.h"

namespace dbot::data {
namespace {

using ops::kPixelLanes;

constexpr int kBlurPasses = 3;
constexpr float kWholeWeight = 1 << 24;

/// Section 3 of the paper; in single precision, as in Pillow, whose bytes depend on it.
data::BoxWeights box_weights(float sigma) {
  const float variance = sigma * sigma / kBlurPasses;
  const auto length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const auto whole = static_cast<float>(std::floor((length - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  const float radius = whole + part;
  data::BoxWeights box;
  box.radius = static_cast<int>(radius);
  box.inner = static_cast<std::uint32_t>(kWholeWeight / (radius * 2 + 1));
  const auto lines = static_cast<std::uint32_t>(2 * box.radius + 1);
  box.outer = ((1U << 24) - lines * box.inner) / 2;
  return box;
}

/// Memory that serves the next image.
struct BlurMemory {
  std::vector<std::uint8_t> first, second, rows;
  std::vector<std::uint32_t> sums;
};

/// Blurs lines in three passes; they are overwritten.
void blur_thrice(const data::BoxWeights& box, std::uint8_t* lines, std::uint8_t* result, int count,
                 std::size_t width, std::uint32_t* sums) {
  data::blur_lines(box, lines, count, width, width, sums, result);
  data::blur_lines(box, result, count, width, width, sums, lines);
  data::blur_lines(box, lines, count, width, width, sums, result);
}

/// Along rows: blocks of them are turned, so that columns lie in lines.
void blur_rows(const data::BoxWeights& box, const PlanarImage& image, int channel,
               BlurMemory& memory) {
  constexpr int kBlock = static_cast<int>(kPixelLanes);
  const auto width = static_cast<std::size_t>(image.width);
  const std::size_t columns = (width + 15) / 16 * 16;  // turned back by 16
  auto* turned = room(memory.first, columns * kPixelLanes);
  auto* blurred = room(memory.second, columns * kPixelLanes);
  auto* rows = room(memory.rows, columns * kPixelLanes);
  std::array<const std::uint8_t*, kPixelLanes> sources;
  std::array<std::uint8_t*, kPixelLanes> targets;
  for (std::size_t r = 0; r < kPixelLanes; ++r) targets[r] = rows + r * columns;
  for (int y = 0; y < image.height; y += kBlock) {
    auto* first = image.plane(channel) + static_cast<std::size_t>(y) * width;
    const auto count = static_cast<std::size_t>(std::min(kBlock, image.height - y));
    for (std::size_t r = 0; r < kPixelLanes; ++r)
      sources[r] = first + std::min(r, count - 1) * width;
    ops::turn_rows(sources, width, turned);
    blur_thrice(box, turned, blurred, image.width, kPixelLanes, memory.sums.data());
    ops::turn_columns(blurred, columns, targets);
    for (std::size_t r = 0; r < count; ++r) std::copy_n(targets[r], width, first + r * width);
  }
}

/// Along columns.
void blur_columns(const data::BoxWeights& box, const PlanarImage& image, int channel,
                  BlurMemory& memory) {
  const auto width = static_cast<std::size_t>(image.width);
  auto* blurred = room(memory.second, image.plane_bytes());
  auto* plane = image.plane(channel);
  blur_thrice(box, plane, blurred, image.height, width, memory.sums.data());
  std::copy_n(blurred, image.plane_bytes(), plane);
}

}  // namespace

void gaussian_blur(const PlanarImage& image, double sigma) {
  if (!(sigma > 0)) return;
  thread_local BlurMemory memory;
  memory.sums.resize(std::max(static_cast<std::size_t>(image.width), kPixelLanes));
  const auto box = box_weights(static_cast<float>(sigma));
  for (int c = 0; c < image.channels; ++c) {
    blur_rows(box, image, c, memory);
    blur_columns(box, image, c, memory);
  }
}

}  // namespace dbot::data
