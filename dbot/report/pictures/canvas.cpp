#include "dbot/report/pictures/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "dbot/data/image/crop.h"
#include "dbot/data/image/resize_crop.h"

namespace dbot::report {
namespace {

constexpr int kGap = 4;
constexpr std::int64_t kLeastShown = 112, kMostShown = 192;

std::uint8_t* at(data::Image& image, std::int64_t y, std::int64_t x) {
  return image.pixels.data() + static_cast<std::size_t>(y) * image.row_bytes() +
         static_cast<std::size_t>(x) * 3;
}

const std::uint8_t* at(const data::Image& image, std::int64_t y, std::int64_t x) {
  return image.pixels.data() + static_cast<std::size_t>(y) * image.row_bytes() +
         static_cast<std::size_t>(x) * 3;
}

data::Image nearest(const data::Image& image, core::Size size) {
  data::Image result = plain_image(size, {});
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      std::copy_n(at(image, y * image.height / size.height, x * image.width / size.width), 3,
                  at(result, y, x));
    }
  }
  return result;
}

data::Image shrunk(const data::Image& image, const data::Crop& crop, core::Size size) {
  const auto area = static_cast<std::size_t>(size.height * size.width);
  std::vector<std::uint8_t> planar(3 * area);
  data::resize_crop(image, crop, size, false, planar);
  data::Image result = plain_image(size, {});
  for (std::size_t i = 0; i < area; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      result.pixels[3 * i + channel] = planar[channel * area + i];
    }
  }
  return result;
}

}  // namespace

void paste(data::Image& canvas, const data::Image& tile, std::int64_t top, std::int64_t left) {
  for (int y = 0; y < tile.height; ++y) {
    std::copy_n(at(tile, y, 0), tile.row_bytes(), at(canvas, top + y, left));
  }
}

data::Image plain_image(core::Size size, Colour colour) {
  data::Image image{static_cast<int>(size.height), static_cast<int>(size.width), 3, {}};
  image.pixels.resize(image.row_bytes() * static_cast<std::size_t>(size.height));
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    image.pixels[i] = colour.red;
    image.pixels[i + 1] = colour.green;
    image.pixels[i + 2] = colour.blue;
  }
  return image;
}

data::Image as_rgb(const data::Image& image) {
  if (image.channels == 3) return image;
  data::Image result{image.height, image.width, 3, {}};
  result.pixels.reserve(3 * image.pixels.size());
  for (const std::uint8_t value : image.pixels) result.pixels.insert(result.pixels.end(), 3, value);
  return result;
}

core::Size shown_size(core::Size image) {
  const std::int64_t longest = std::max(image.height, image.width);
  if (longest > kMostShown) {
    const auto scaled = [&](std::int64_t side) {
      return std::max<std::int64_t>(1, side * kMostShown / longest);
    };
    return {scaled(image.height), scaled(image.width)};
  }
  const std::int64_t factor = (kLeastShown + longest - 1) / longest;
  return {image.height * factor, image.width * factor};
}

data::Image resized(const data::Image& image, core::Size size) {
  if (image.height == size.height && image.width == size.width) return image;
  const bool larger = size.height >= image.height && size.width >= image.width;
  return larger ? nearest(image, size) : shrunk(image, {0, 0, image.height, image.width}, size);
}

data::Image fitted(const data::Image& image, int side) {
  const int longest = std::max(image.height, image.width);
  if (longest <= side) {
    const std::int64_t factor = side / longest;
    return resized(image, {image.height * factor, image.width * factor});
  }
  const auto scaled = [&](int length) {
    return std::max<std::int64_t>(1, std::int64_t{length} * side / longest);
  };
  return resized(image, {scaled(image.height), scaled(image.width)});
}

data::Image thumbnail(const data::Image& image, int side) {
  const int square = std::min(image.height, image.width);
  const data::Crop crop{(image.height - square) / 2, (image.width - square) / 2, square, square};
  return shrunk(image, crop, {side, side});
}

data::Image mixed(const data::Image& a, const data::Image& b, double share) {
  data::Image result = a;
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    const double value = (1 - share) * a.pixels[i] + share * b.pixels[i];
    result.pixels[i] = static_cast<std::uint8_t>(std::lround(value));
  }
  return result;
}

data::Image strip(std::span<const data::Image> tiles) {
  std::int64_t width = -kGap, height = 0;
  for (const data::Image& tile : tiles) {
    width += tile.width + kGap;
    height = std::max<std::int64_t>(height, tile.height);
  }
  data::Image canvas = plain_image({height, std::max<std::int64_t>(width, 0)}, {255, 255, 255});
  std::int64_t left = 0;
  for (const data::Image& tile : tiles) {
    paste(canvas, tile, 0, left);
    left += tile.width + kGap;
  }
  return canvas;
}

data::Image stack(std::span<const data::Image> rows) {
  std::int64_t width = 0, height = -kGap;
  for (const data::Image& row : rows) {
    width = std::max<std::int64_t>(width, row.width);
    height += row.height + kGap;
  }
  data::Image canvas = plain_image({std::max<std::int64_t>(height, 0), width}, {255, 255, 255});
  std::int64_t top = 0;
  for (const data::Image& row : rows) {
    paste(canvas, row, top, 0);
    top += row.height + kGap;
  }
  return canvas;
}

data::Image atlas(std::span<const data::Image> tiles, std::int64_t columns) {
  if (tiles.empty()) return {};
  const std::int64_t side = tiles.front().height;
  const auto count = static_cast<std::int64_t>(tiles.size());
  const std::int64_t rows = (count + columns - 1) / columns;
  data::Image canvas = plain_image({rows * side, columns * side}, {255, 255, 255});
  for (std::int64_t i = 0; i < count; ++i) {
    paste(canvas, tiles[static_cast<std::size_t>(i)], i / columns * side, i % columns * side);
  }
  return canvas;
}

Colour heat(double value) {
  struct Stop {
    double red, green, blue;
  };
  static constexpr std::array<Stop, 6> stops{
      {{8, 6, 30}, {70, 16, 110}, {150, 38, 108}, {222, 82, 62}, {250, 160, 44}, {252, 250, 178}}};
  const double place = std::clamp(value, 0.0, 1.0) * (stops.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  const double share = place - static_cast<double>(low);
  const auto blend = [&](double a, double b) {
    return static_cast<std::uint8_t>(std::lround(a + share * (b - a)));
  };
  const Stop &a = stops[low], &b = stops[low + 1];
  return {blend(a.red, b.red), blend(a.green, b.green), blend(a.blue, b.blue)};
}

}  // namespace dbot::report
