#include "dbot/data/kernels/warp_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/data/kernels/warp_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dbot::data::HWY_NAMESPACE {

/// The cubic through b and c at `part` of the way between them.
HWY_INLINE double cubic(double a, double b, double c, double d, double part) {
  const double slope = c - a;
  const double second = 2 * (a - b) + c - d;
  const double third = b - a - c + d;
  return b + part * (slope + part * (second + part * third));
}

/// 4 × 4 pixels around a place, as offsets into a plane, and where in the middle one it lies.
struct Neighbours {
  std::size_t rows[4], columns[4];
  double right, down;
};

/// Where nothing is interpolated along one direction, the polynomial gives its second pixel as it
/// is, so that the other rows or columns need no look.
HWY_INLINE double interpolated(const std::uint8_t* plane, const Neighbours& at) {
  const auto pixel = [&](int row, int column) HWY_ATTR {
    return static_cast<double>(plane[at.rows[row] + at.columns[column]]);
  };
  const auto along_row = [&](int row) HWY_ATTR {
    return cubic(pixel(row, 0), pixel(row, 1), pixel(row, 2), pixel(row, 3), at.right);
  };
  if (at.down == 0) return along_row(1);
  if (at.right == 0) return cubic(pixel(0, 1), pixel(1, 1), pixel(2, 1), pixel(3, 1), at.down);
  return cubic(along_row(0), along_row(1), along_row(2), along_row(3), at.down);
}

HWY_INLINE int floor_of(double value) {
  const int whole = static_cast<int>(value);
  return value < whole ? whole - 1 : whole;
}

void warp_affine(const AffineMap& map, const std::uint8_t* source, int channels, int height,
                 int width, std::uint8_t* result) {
  const auto plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const auto row_bytes = static_cast<std::size_t>(width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, ++result) {
      const double across = x + 0.5, along = y + 0.5;
      double column = map[0] * across + map[1] * along + map[2];
      double row = map[3] * across + map[4] * along + map[5];
      if (!(column >= 0 && column < width && row >= 0 && row < height)) continue;
      column -= 0.5;
      row -= 0.5;
      const int left = floor_of(column), top = floor_of(row);
      Neighbours at{{}, {}, column - left, row - top};
      for (int i = 0; i < 4; ++i) {
        at.rows[i] = static_cast<std::size_t>(std::clamp(top - 1 + i, 0, height - 1)) * row_bytes;
        at.columns[i] = static_cast<std::size_t>(std::clamp(left - 1 + i, 0, width - 1));
      }
      for (int c = 0; c < channels; ++c) {
        const auto offset = static_cast<std::size_t>(c) * plane;
        const double value = std::clamp(interpolated(source + offset, at), 0.0, 255.0);
        result[offset] = static_cast<std::uint8_t>(value);
      }
    }
  }
}

}  // namespace dbot::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::data {

HWY_EXPORT(warp_affine);

void warp_affine(const AffineMap& map, const std::uint8_t* source, int channels, int height,
                 int width, std::uint8_t* result) {
  HWY_DYNAMIC_DISPATCH(warp_affine)(map, source, channels, height, width, result);
}

}  // namespace dbot::data
#endif
