#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/resample.h"
#include "dbot/data/transforms.h"
#include "dbot/data/weighted_sum.h"

// The crop is an image of its own: taps never reach beyond it (torchvision crops, then resizes).
// Each pass rounds to 8 bits, so their order shows; it is that of Pillow 13. Both passes are the
// same sum over rows of lanes; for the horizontal one, blocks of rows are turned so that columns
// become rows.
namespace dbot::data {
namespace {

/// Planes [channels, height, width] whose rows are padded to whole lanes.
struct Planes {
  Planes(int channels, int rows, int width)
      : height(rows),
        stride((static_cast<std::size_t>(width) + lanes - 1) / lanes * lanes),
        pixels(static_cast<std::size_t>(channels) * rows * stride) {}
  std::uint8_t* row(int channel, int y) {
    return pixels.data() + (static_cast<std::size_t>(channel) * height + y) * stride;
  }

  int height;
  std::size_t stride;
  std::vector<std::uint8_t> pixels;
};

/// The crop's rows begin here.
const std::uint8_t* crop_row(const Image& image, const Crop& crop, int y) {
  return image.pixels.data() + (crop.top + y) * image.row_bytes() +
         static_cast<std::size_t>(crop.left) * image.channels;
}

Planes separate_channels(const Image& image, const Crop& crop) {
  Planes planes(image.channels, crop.height, crop.width);
  for (int y = 0; y < crop.height; ++y) {
    const auto* source = crop_row(image, crop, y);
    for (int c = 0; c < image.channels; ++c) {
      auto* target = planes.row(c, y);
      for (int x = 0; x < crop.width; ++x) target[x] = source[x * image.channels + c];
    }
  }
  return planes;
}

/// columns[x · lanes + r] = pixel x of row `y` + r; rows beyond the crop repeat the last.
void turn_rows(const Image& image, const Crop& crop, int y, std::vector<std::uint8_t>& columns) {
  const std::size_t length = static_cast<std::size_t>(crop.width) * image.channels;
  std::array<const std::uint8_t*, lanes> rows;
  for (int r = 0; r < lanes; ++r) {
    rows[r] = crop_row(image, crop, std::min(y + r, crop.height - 1));
  }
  std::size_t x = 0;
  for (; x + lanes <= length; x += lanes) {
    std::array<const std::uint8_t*, lanes> parts;
    for (int r = 0; r < lanes; ++r) parts[r] = rows[r] + x;
    transpose(parts, columns.data() + x * lanes);
  }
  for (; x < length; ++x) {
    for (int r = 0; r < lanes; ++r) columns[x * lanes + r] = rows[r][x];
  }
}

/// The reverse for one channel: rows of `planes` from `y` on.
void return_rows(const std::vector<std::uint8_t>& columns, int width, int channel, int y,
                 Planes& planes) {
  std::array<std::uint8_t, lanes * lanes> block;
  const int rows = std::min(lanes, planes.height - y);
  for (int x = 0; x < width; x += lanes) {
    std::array<const std::uint8_t*, lanes> parts;
    for (int l = 0; l < lanes; ++l) {
      parts[l] = columns.data() + static_cast<std::size_t>(x + l) * lanes;
    }
    transpose(parts, block.data());
    for (int r = 0; r < rows; ++r) {
      std::memcpy(planes.row(channel, y + r) + x, block.data() + r * lanes, lanes);
    }
  }
}

Planes resize_width(const Image& image, const Crop& crop, int width) {
  const auto taps = bicubic_taps(crop.width, width);
  const auto sum = weighted_sum();
  const int channels = image.channels;
  Planes planes(channels, crop.height, width);
  std::vector<std::uint8_t> columns(static_cast<std::size_t>(crop.width) * channels * lanes);
  std::vector<std::uint8_t> resized(planes.stride * lanes);
  for (int y = 0; y < crop.height; y += lanes) {
    turn_rows(image, crop, y, columns);
    for (int c = 0; c < channels; ++c) {
      for (int x = 0; x < width; ++x) {
        const auto* first =
            columns.data() + (static_cast<std::size_t>(taps.first[x]) * channels + c) * lanes;
        sum(first, static_cast<std::size_t>(channels) * lanes, taps.row(x), taps.count[x],
            resized.data() + static_cast<std::size_t>(x) * lanes);
      }
      return_rows(resized, width, c, y, planes);
    }
  }
  return planes;
}

void copy_rows(Planes& planes, int channels, core::Size size, std::uint8_t* planar) {
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < size.height; ++y) {
      std::memcpy(planar + (c * size.height + y) * size.width, planes.row(c, y), size.width);
    }
  }
}

void resize_height(Planes& planes, int channels, core::Size size, std::uint8_t* planar) {
  const int height = static_cast<int>(size.height);
  if (planes.height == height) return copy_rows(planes, channels, size, planar);
  const auto taps = bicubic_taps(planes.height, height);
  const auto sum = weighted_sum();
  std::vector<std::uint8_t> row(planes.stride);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      const auto* first = planes.row(c, taps.first[y]);
      for (std::size_t x = 0; x < planes.stride; x += lanes) {
        sum(first + x, planes.stride, taps.row(y), taps.count[y], row.data() + x);
      }
      std::memcpy(planar + (c * size.height + y) * size.width, row.data(), size.width);
    }
  }
}

/// Width, then height. An axis that keeps its length keeps its pixels: the kernel is 1 at 0 and 0
/// at other integers.
void resize_both(const Image& image, const Crop& crop, core::Size size, std::uint8_t* planar) {
  Planes planes = crop.width == size.width
                      ? separate_channels(image, crop)
                      : resize_width(image, crop, static_cast<int>(size.width));
  resize_height(planes, image.channels, size, planar);
}

/// The crop with its new height, still interleaved.
Image with_height(const Image& image, const Crop& crop, int height) {
  const int row_length = crop.width * image.channels;
  Planes rows(1, crop.height, row_length);
  for (int y = 0; y < crop.height; ++y) {
    std::memcpy(rows.row(0, y), crop_row(image, crop, y), static_cast<std::size_t>(row_length));
  }
  Image result{height, crop.width, image.channels, {}};
  result.pixels.resize(static_cast<std::size_t>(height) * row_length);
  resize_height(rows, 1, {height, row_length}, result.pixels.data());
  return result;
}

/// Since version 13, Pillow begins with the height where that loses more than twice as many rows as
/// the width loses columns; up to version 12 it always began with the width.
bool height_comes_first(const Crop& crop, core::Size size) {
  const auto fewer_rows = crop.height - size.height;
  return fewer_rows > 0 && fewer_rows > 2 * (crop.width - size.width);
}

void check(const Image& image, const Crop& crop, core::Size size, std::size_t available) {
  const bool inside = crop.top >= 0 && crop.left >= 0 && crop.height > 0 && crop.width > 0 &&
                      crop.height <= image.height - crop.top &&
                      crop.width <= image.width - crop.left;
  if (!inside) {
    throw UsageError(fmt::format(
        "[resize_crop] crop {}x{} at row {}, column {} is not inside the image of {}x{} (height x "
        "width)",
        crop.height, crop.width, crop.top, crop.left, image.height, image.width));
  }
  if (size.height <= 0 || size.width <= 0 ||
      available != static_cast<std::size_t>(image.channels * size.height * size.width)) {
    throw UsageError(fmt::format("[resize_crop] the result has {} bytes, expected {} x {} x {}",
                                 available, image.channels, size.height, size.width));
  }
}

}  // namespace

void resize_crop(const Image& image, const Crop& crop, core::Size size, bool mirror,
                 std::span<std::uint8_t> planar) {
  check(image, crop, size, planar.size());
  if (height_comes_first(crop, size)) {
    const auto flat = with_height(image, crop, static_cast<int>(size.height));
    resize_both(flat, {0, 0, flat.height, flat.width}, size, planar.data());
  } else {
    resize_both(image, crop, size, planar.data());
  }
  if (!mirror) return;
  for (std::size_t row = 0; row < planar.size(); row += size.width) {
    std::reverse(planar.begin() + row, planar.begin() + row + size.width);
  }
}

}  // namespace dbot::data
