#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/crop.h"
#include "dbot/data/image/image.h"
#include "dbot/data/image/resample.h"

namespace dbot::data {

/// 8-bit pixels that lie somewhere, interleaved: [height, width, channels], rows `row_bytes` apart.
struct PixelView {
  const std::uint8_t* pixels = nullptr;
  int height = 0, width = 0, channels = 0;
  std::size_t row_bytes = 0;

  const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * row_bytes; }
};

PixelView view_of(const Image& image);
PixelView part_of(const PixelView& view, const Crop& crop);

/// A rectangle whose borders may lie within pixels.
struct Box {
  double top = 0, left = 0, height = 0, width = 0;
};

/// Throw UsageError for a crop outside the image, and for a result of another size than it is to
/// have.
void check_crop(const Crop& crop, int height, int width);
void check_planar(int channels, core::Size size, std::size_t available);

/// Resizes pixels with antialiased bicubic filtering; keeps its memory for the next time. Not for
/// several threads at once.
class Resizer {
 public:
  /// The box of the view, which must lie inside it, to planar [channels, size.height, size.width],
  /// mirrored if asked. No filter reaches beyond the view. The box of a whole view gives Pillow
  /// 13's `resize((width, height), BICUBIC)`, bit for bit.
  void resize(const PixelView& view, const Box& box, core::Size size, bool mirror,
              std::uint8_t* planar);

 private:
  PixelView with_height(const PixelView& view, const Box& box, int height);
  void resize_width(const PixelView& view, const Box& box, int width, bool mirror);
  void resize_height(const PixelView& view, const Box& box, core::Size size, std::uint8_t* planar);

  FilterTaps taps_;
  std::vector<std::uint8_t> columns_, resized_, planes_, flat_, padded_;
  std::size_t stride_ = 0;  // of a row in planes_
};

/// Resizes a crop to `size` with antialiased bicubic filtering, optionally mirrored, into planar
/// [channels, height, width]. Equal bit for bit to Pillow 13's image.crop(…).resize(…, BICUBIC).
/// Throws UsageError if the crop is not inside the image or `planar` has another size.
void resize_crop(const PixelView& image, const Crop& crop, core::Size size, bool mirror,
                 std::span<std::uint8_t> planar);
void resize_crop(const Image& image, const Crop& crop, core::Size size, bool mirror,
                 std::span<std::uint8_t> planar);

}  // namespace dbot::data
