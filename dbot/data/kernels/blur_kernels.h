#pragma once

#include <cstddef>
#include <cstdint>

// Means over neighbouring lines of 8-bit pixels: plain loops that are compiled once for each
// instruction set; whole numbers, so that all give the same bytes: Pillow's.
namespace dbot::data {

/// A box whose ends count in part: 2 · radius + 1 lines of weight `inner` and one more at either
/// side of weight `outer`. Together they are 2^24, or a little less.
struct BoxWeights {
  int radius = 0;
  std::uint32_t inner = 0, outer = 0;
};

/// Each of `lines` lines of `width` pixels, `step` bytes apart, becomes the weighted mean of those
/// around it; beyond the first and the last one these are repeated. `sums` has room for `width`
/// numbers; `source` and `result` are different memory.
void blur_lines(const BoxWeights& box, const std::uint8_t* source, int lines, std::size_t width,
                std::size_t step, std::uint32_t* sums, std::uint8_t* result);

}  // namespace dbot::data
