#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/crop.h"

// Clips are resized with PyTorch's bilinear filter: pixels' centres at halves, two taps along each
// direction whatever the scale (no antialiasing), borders repeated.
namespace dbot::data {

/// What is taken of a frame: `region` is resized to `scaled`, and of that the rectangle of `size`
/// at (top, left).
struct ResizeWindow {
  Crop region;
  core::Size scaled;
  std::int64_t top = 0, left = 0;
  core::Size size;

  /// A region resized to the result.
  static ResizeWindow whole(const Crop& region, core::Size size) {
    return {region, size, 0, 0, size};
  }
};

/// Rows of interleaved RGB pixels: `first` is row `top` of the frame.
struct RgbRows {
  const std::uint8_t* first;
  std::ptrdiff_t step;  // bytes
  int top;
};

/// The rows of a frame that a window needs.
struct RowRange {
  int top = 0, count = 0;
};
RowRange rows_of(const ResizeWindow& window);

/// A window of a frame as uint8, three planes of `window.size` that lie `plane` bytes apart, each
/// perhaps mirrored. Values are those of `resize_reference` for pixels in 0…255, to the nearest
/// level.
void resize_window(const RgbRows& rows, const ResizeWindow& window, bool mirror,
                   std::uint8_t* result, std::size_t plane);

/// The same in float32 of [..., height, width], as plain ATen calls: what the reference code does
/// with normalised pixels.
at::Tensor resize_reference(const at::Tensor& frames, const ResizeWindow& window);

}  // namespace dbot::data
