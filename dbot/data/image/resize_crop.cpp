#include "dbot/data/image/resize_crop.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dbot/core/error.h"
#include "dbot/data/scratch.h"
#include "dbot/ops/cpu/kernels/pixel_kernels.h"

// Each pass rounds to 8 bits, so their order shows; it is that of Pillow 13. Both passes are sums
// of lines of pixels; for the horizontal one, blocks of rows are turned so that columns lie in
// lines.
namespace dbot::data {
namespace {

using ops::kPixelLanes;

std::size_t whole_lanes(std::size_t bytes) {
  return (bytes + kPixelLanes - 1) / kPixelLanes * kPixelLanes;
}

/// Since version 13, Pillow begins with the height where that loses more than twice as many rows as
/// the width loses columns; up to version 12 it always began with the width.
bool height_comes_first(const PixelView& view, core::Size size) {
  const auto fewer_rows = view.height - size.height;
  return fewer_rows > 0 && fewer_rows > 2 * (view.width - size.width);
}

}  // namespace

void check_crop(const Crop& crop, int height, int width) {
  const bool inside = crop.top >= 0 && crop.left >= 0 && crop.height > 0 && crop.width > 0 &&
                      crop.height <= height - crop.top && crop.width <= width - crop.left;
  if (inside) return;
  throw UsageError(fmt::format(
      "[resize_crop] crop {}x{} at row {}, column {} is not inside the image of {}x{} (height x "
      "width)",
      crop.height, crop.width, crop.top, crop.left, height, width));
}

void check_planar(int channels, core::Size size, std::size_t available) {
  if (size.height > 0 && size.width > 0 &&
      available == static_cast<std::size_t>(channels * size.height * size.width)) {
    return;
  }
  throw UsageError(fmt::format("[resize_crop] the result has {} bytes, expected {} x {} x {}",
                               available, channels, size.height, size.width));
}

PixelView view_of(const Image& image) {
  return {image.pixels.data(), image.height, image.width, image.channels, image.row_bytes()};
}

PixelView part_of(const PixelView& view, const Crop& crop) {
  const auto* first = view.row(crop.top) + static_cast<std::size_t>(crop.left) * view.channels;
  return {first, crop.height, crop.width, view.channels, view.row_bytes};
}

void Resizer::resize(const PixelView& view, const Box& box, core::Size size, bool mirror,
                     std::uint8_t* planar) {
  PixelView source = view;
  Box part = box;
  if (height_comes_first(view, size)) {
    source = with_height(view, box, static_cast<int>(size.height));
    part.top = 0;
    part.height = static_cast<double>(size.height);
  }
  resize_width(source, part, static_cast<int>(size.width), mirror);
  resize_height(source, part, size, planar);
}

PixelView Resizer::with_height(const PixelView& view, const Box& box, int height) {
  const auto length = static_cast<std::size_t>(view.width) * view.channels;
  const auto stride = whole_lanes(length);
  auto* rows = room(padded_, stride * view.height);
  for (int y = 0; y < view.height; ++y) std::memcpy(rows + y * stride, view.row(y), length);
  auto* result = room(flat_, stride * height);
  taps_.set_bicubic(view.height, box.top, box.top + box.height, height);
  ops::resample_lines(taps_.lines(), rows, stride, stride, result,
                      static_cast<std::ptrdiff_t>(stride));
  return {result, height, view.width, view.channels, stride};
}

void Resizer::resize_width(const PixelView& view, const Box& box, int width, bool mirror) {
  const auto channels = static_cast<std::size_t>(view.channels);
  const auto length = static_cast<std::size_t>(view.width) * channels;
  stride_ = whole_lanes(static_cast<std::size_t>(width));
  taps_.set_bicubic(view.width, box.left, box.left + box.width, width);
  auto* columns = room(columns_, length * kPixelLanes);
  auto* resized = room(resized_, stride_ * kPixelLanes);
  const auto plane_bytes = static_cast<std::size_t>(view.height) * stride_;
  auto* planes = room(planes_, channels * plane_bytes + stride_);
  auto* beyond = planes + channels * plane_bytes;  // a row that nobody reads
  const auto step = static_cast<std::ptrdiff_t>(kPixelLanes);
  auto* first = mirror ? resized + (width - 1) * step : resized;
  for (int y = 0; y < view.height; y += static_cast<int>(kPixelLanes)) {
    std::array<const std::uint8_t*, kPixelLanes> rows;
    for (int r = 0; r < static_cast<int>(kPixelLanes); ++r) {
      rows[r] = view.row(std::min(y + r, view.height - 1));
    }
    ops::turn_rows(rows, length, columns);
    for (std::size_t c = 0; c < channels; ++c) {
      ops::resample_lines(taps_.lines(), columns + c * kPixelLanes, channels * kPixelLanes,
                          kPixelLanes, first, mirror ? -step : step);
      std::array<std::uint8_t*, kPixelLanes> targets;
      for (int r = 0; r < static_cast<int>(kPixelLanes); ++r) {
        targets[r] = y + r < view.height ? planes + c * plane_bytes + (y + r) * stride_ : beyond;
      }
      ops::turn_columns(resized, stride_, targets);
    }
  }
}

void Resizer::resize_height(const PixelView& view, const Box& box, core::Size size,
                            std::uint8_t* planar) {
  const auto width = static_cast<std::size_t>(size.width);
  const auto height = static_cast<std::size_t>(size.height);
  taps_.set_bicubic(view.height, box.top, box.top + box.height, static_cast<int>(height));
  const bool straight = stride_ == width;
  const auto step = static_cast<std::ptrdiff_t>(stride_);
  for (int c = 0; c < view.channels; ++c, planar += height * width) {
    const auto* plane = planes_.data() + static_cast<std::size_t>(c) * view.height * stride_;
    auto* result = straight ? planar : room(padded_, height * stride_);
    ops::resample_lines(taps_.lines(), plane, stride_, stride_, result, step);
    for (std::size_t y = 0; !straight && y < height; ++y) {
      std::memcpy(planar + y * width, result + y * stride_, width);
    }
  }
}

void resize_crop(const PixelView& image, const Crop& crop, core::Size size, bool mirror,
                 std::span<std::uint8_t> planar) {
  check_crop(crop, image.height, image.width);
  check_planar(image.channels, size, planar.size());
  thread_local Resizer resizer;  // its memory is worth keeping from image to image
  const Box whole{0, 0, static_cast<double>(crop.height), static_cast<double>(crop.width)};
  resizer.resize(part_of(image, crop), whole, size, mirror, planar.data());
}

void resize_crop(const Image& image, const Crop& crop, core::Size size, bool mirror,
                 std::span<std::uint8_t> planar) {
  resize_crop(view_of(image), crop, size, mirror, planar);
}

}  // namespace dbot::data
