#include "dbot/data/audit/survey/likeness.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace dbot::data {
namespace {

constexpr int kHashedSide = 32, kLumaSide = 16, kColourSide = 8;
constexpr int kFrequencies = 8;  // of the DCT, along each axis

// Grey levels that compression alone may add to a picture with hardly any contrast.
constexpr double kHarmlessError = 1.5;
constexpr double kMostColourDifference = 12;  // mean over the thumbnail, levels of Cb and Cr

/// Of a square kPlane's pixel.
std::size_t place(int row, int column, int side) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(side) +
         static_cast<std::size_t>(column);
}

/// Means over squares: [kSeenSide, kSeenSide] to [side, side].
template <typename Value>
std::vector<double> shrunk(const std::vector<Value>& kPlane, int from, int side) {
  const int step = from / side;
  std::vector<double> result(static_cast<std::size_t>(side * side));
  for (int y = 0; y < from; ++y) {
    for (int x = 0; x < from; ++x) {
      result[place(y / step, x / step, side)] += static_cast<double>(kPlane[place(y, x, from)]);
    }
  }
  for (auto& value : result) value /= step * step;
  return result;
}

template <std::size_t kSize>
void round_into(const std::vector<double>& values, std::array<std::uint8_t, kSize>& to) {
  for (std::size_t i = 0; i < kSize; ++i) {
    to[i] = static_cast<std::uint8_t>(std::clamp(std::lround(values[i]), 0L, 255L));
  }
}

/// cos((2x + 1) u π / 64) for u below `kFrequencies`.
const std::vector<double>& cosines() {
  static const std::vector<double> table = [] {
    std::vector<double> values;
    for (int u = 0; u < kFrequencies; ++u) {
      for (int x = 0; x < kHashedSide; ++x) {
        values.push_back(std::cos((2 * x + 1) * u * std::numbers::pi / (2 * kHashedSide)));
      }
    }
    return values;
  }();
  return table;
}

std::uint64_t hash_of(const std::vector<double>& picture) {
  const auto& cosine = cosines();
  const auto at = [](int row, int column) { return place(row, column, kHashedSide); };
  std::array<double, static_cast<std::size_t>(kFrequencies * kHashedSide)> rows{};  // [u, y]
  for (int u = 0; u < kFrequencies; ++u) {
    for (int y = 0; y < kHashedSide; ++y) {
      double sum = 0;
      for (int x = 0; x < kHashedSide; ++x) sum += cosine[at(u, x)] * picture[at(y, x)];
      rows[at(u, y)] = sum;
    }
  }
  std::uint64_t hash = 0;
  for (int v = 0; v < kFrequencies; ++v) {
    for (int u = 0; u < kFrequencies; ++u) {
      if (u == 0 && v == 0) continue;  // the mean
      double sum = 0;
      for (int y = 0; y < kHashedSide; ++y) sum += cosine[at(v, y)] * rows[at(u, y)];
      if (sum > 0) hash |= std::uint64_t{1} << (v * kFrequencies + u);
    }
  }
  return hash;
}

/// What is left of the variance of `a` after the best a ≈ gain · b + offset, in levels squared;
/// the variance in `variance`. A gain below 0 (a negative) explains nothing.
double unexplained(const std::array<std::uint8_t, 256>& a, const std::array<std::uint8_t, 256>& b,
                   bool mirror, double& variance) {
  double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
  for (int i = 0; i < kLumaSide * kLumaSide; ++i) {
    const int j = mirror ? i + kLumaSide - 1 - 2 * (i % kLumaSide) : i;
    const double x = a[static_cast<std::size_t>(i)], y = b[static_cast<std::size_t>(j)];
    sum_a += x, sum_b += y;
    sum_aa += x * x, sum_bb += y * y, sum_ab += x * y;
  }
  constexpr double kCount = kLumaSide * kLumaSide;
  variance = sum_aa / kCount - sum_a * sum_a / (kCount * kCount);
  const double other = sum_bb / kCount - sum_b * sum_b / (kCount * kCount);
  const double together = sum_ab / kCount - sum_a * sum_b / (kCount * kCount);
  if (together <= 0 || other <= 0) return variance;
  return variance - together * together / other;
}

double colour_difference(const std::array<std::uint8_t, 64>& a,
                         const std::array<std::uint8_t, 64>& b, bool mirror) {
  int sum = 0;
  for (int i = 0; i < kColourSide * kColourSide; ++i) {
    const int j = mirror ? i + kColourSide - 1 - 2 * (i % kColourSide) : i;
    sum += std::abs(a[static_cast<std::size_t>(i)] - b[static_cast<std::size_t>(j)]);
  }
  return sum / static_cast<double>(kColourSide * kColourSide);
}

}  // namespace

Likeness likeness_of(std::span<const std::uint8_t> planar_rgb) {
  constexpr std::size_t kPlane = std::size_t{kSeenSide} * kSeenSide;
  std::vector<float> luma(kPlane), blue(kPlane), red(kPlane);
  for (std::size_t i = 0; i < kPlane; ++i) {
    const float r = planar_rgb[i], g = planar_rgb[kPlane + i], b = planar_rgb[2 * kPlane + i];
    luma[i] = 0.299F * r + 0.587F * g + 0.114F * b;
    blue[i] = 128 + 0.564F * (b - luma[i]);
    red[i] = 128 + 0.713F * (r - luma[i]);
  }
  Likeness likeness;
  const auto small = shrunk(luma, kSeenSide, kHashedSide);
  likeness.hash = hash_of(small);
  round_into(shrunk(small, kHashedSide, kLumaSide), likeness.luma);
  round_into(shrunk(blue, kSeenSide, kColourSide), likeness.blue);
  round_into(shrunk(red, kSeenSide, kColourSide), likeness.red);
  return likeness;
}

int hash_distance(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b);
}

std::uint64_t mirrored(std::uint64_t hash) {
  constexpr std::uint64_t kOddColumns = 0xAAAAAAAAAAAAAAAA;  // cosines that mirroring negates
  return hash ^ kOddColumns;
}

bool look_alike(const Likeness& a, const Likeness& b, bool mirror, double most_unexplained) {
  double variance = 0;
  const double left = unexplained(a.luma, b.luma, mirror, variance);
  if (left > std::max(most_unexplained * variance, kHarmlessError * kHarmlessError)) return false;
  return colour_difference(a.blue, b.blue, mirror) <= kMostColourDifference &&
         colour_difference(a.red, b.red, mirror) <= kMostColourDifference;
}

}  // namespace dbot::data
