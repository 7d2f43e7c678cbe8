#include "dbot/data/kernels/blur_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/data/kernels/blur_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dbot::data::HWY_NAMESPACE {

/// Moves the sums by one line and writes their line.
HWY_INLINE void blur_line(const BoxWeights& box, const std::uint8_t* HWY_RESTRICT leaving,
                          const std::uint8_t* HWY_RESTRICT entering,
                          const std::uint8_t* HWY_RESTRICT next, std::size_t width,
                          std::uint32_t* HWY_RESTRICT sums, std::uint8_t* HWY_RESTRICT result) {
  const std::uint32_t inner = box.inner, outer = box.outer;
  for (std::size_t x = 0; x < width; ++x) {
    const std::uint32_t sum = sums[x] + entering[x] - leaving[x];
    const std::uint32_t ends = static_cast<std::uint32_t>(leaving[x]) + next[x];
    sums[x] = sum;
    result[x] = static_cast<std::uint8_t>((sum * inner + ends * outer + (1U << 23)) >> 24);
  }
}

void blur_lines(const BoxWeights& box, const std::uint8_t* source, int lines, std::size_t width,
                std::size_t step, std::uint32_t* sums, std::uint8_t* result) {
  const auto line = [&](int y) {
    return source + static_cast<std::size_t>(std::clamp(y, 0, lines - 1)) * step;
  };
  // The sums of the line before the first one; far beyond the last line all are alike.
  const auto repeated = static_cast<std::uint32_t>(std::max(0, box.radius - lines));
  const auto* last = line(lines - 1);
  for (std::size_t x = 0; x < width; ++x) {
    sums[x] = static_cast<std::uint32_t>(source[x]) * static_cast<std::uint32_t>(box.radius + 1) +
              last[x] * repeated;
  }
  for (int y = 0; y < std::min(box.radius, lines); ++y) {
    const auto* values = line(y);
    for (std::size_t x = 0; x < width; ++x) sums[x] += values[x];
  }
  for (int y = 0; y < lines; ++y) {
    blur_line(box, line(y - box.radius - 1), line(y + box.radius), line(y + box.radius + 1), width,
              sums, result + static_cast<std::size_t>(y) * step);
  }
}

}  // namespace dbot::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::data {

HWY_EXPORT(blur_lines);

void blur_lines(const BoxWeights& box, const std::uint8_t* source, int lines, std::size_t width,
                std::size_t step, std::uint32_t* sums, std::uint8_t* result) {
  HWY_DYNAMIC_DISPATCH(blur_lines)(box, source, lines, width, step, sums, result);
}

}  // namespace dbot::data
#endif
