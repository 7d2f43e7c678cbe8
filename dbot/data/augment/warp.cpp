#include "dbot/data/augment/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

void warp(const PlanarImage& image, const data::AffineMap& map, const Fill& fill) {
  thread_local std::vector<std::uint8_t> copy;  // its memory serves the next image
  auto* source = room(copy, image.bytes());
  std::copy_n(image.pixels, image.bytes(), source);
  for (int c = 0; c < image.channels; ++c) {
    std::fill_n(image.plane(c), image.plane_bytes(), fill.at(static_cast<std::size_t>(c)));
  }
  data::warp_affine(map, source, image.channels, image.height, image.width, image.pixels);
}

/// To 15 decimal places, as Pillow does with sines and cosines.
double to_15_places(double value) {
  return std::nearbyint(value * 1e15) / 1e15;
}

}  // namespace

void shear_x(const PlanarImage& image, double factor, const Fill& fill) {
  warp(image, {1, factor, 0, 0, 1, 0}, fill);
}

void shear_y(const PlanarImage& image, double factor, const Fill& fill) {
  warp(image, {1, 0, 0, factor, 1, 0}, fill);
}

void translate_x(const PlanarImage& image, double share, const Fill& fill) {
  warp(image, {1, 0, share * image.width, 0, 1, 0}, fill);
}

void translate_y(const PlanarImage& image, double share, const Fill& fill) {
  warp(image, {1, 0, 0, 0, 1, share * image.height}, fill);
}

void rotate(const PlanarImage& image, double degrees, const Fill& fill) {
  double turn = std::fmod(degrees, 360.0);
  if (turn < 0) turn += 360;
  if (turn == 0) return;
  const double angle = -(turn * std::numbers::pi / 180);
  const double cosine = to_15_places(std::cos(angle)), sine = to_15_places(std::sin(angle));
  const double x = image.width / 2.0, y = image.height / 2.0;
  const double column = cosine * -x + sine * -y + x, row = -sine * -x + cosine * -y + y;
  warp(image, {cosine, sine, column, -sine, cosine, row}, fill);
}

}  // namespace dbot::data
