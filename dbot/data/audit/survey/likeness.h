#pragma once

#include <array>
#include <cstdint>
#include <span>

// What is kept of an image to find others that look like it, whatever their size and quality.
namespace dbot::data {

/// Sides of the pictures that likeness is measured on, pixels.
inline constexpr int kSeenSide = 128;

/// A 63-bit perceptual hash and a thumbnail. Hashes of copies that were compressed anew, resized or
/// made somewhat brighter differ in few bits; the thumbnail tells them from images that merely have
/// a similar layout.
struct Likeness {
  /// Signs of the low frequencies of a 32x32 luma picture (8 x 8 of its DCT-II without the mean).
  /// After Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010),
  /// with 0 in place of the median, so that mirroring an image flips known bits.
  std::uint64_t hash = 0;
  std::array<std::uint8_t, 256> luma{};        // 16 x 16
  std::array<std::uint8_t, 64> blue{}, red{};  // 8 x 8: Cb and Cr
};

/// Of planar RGB [3, kSeenSide, kSeenSide].
Likeness likeness_of(std::span<const std::uint8_t> planar_rgb);

/// Bits in which two hashes differ.
int hash_distance(std::uint64_t a, std::uint64_t b);

/// The hash of the mirrored image.
std::uint64_t mirrored(std::uint64_t hash);

/// How much of one thumbnail's variance the other may leave unexplained. Copies of photographs of
/// quality 30, of a third of the size or 15 levels brighter leave 0.005; a cut of 2 % leaves 0.04.
inline constexpr double kUsualUnexplained = 0.06, kStrictUnexplained = 0.006;

/// True if one thumbnail is the other up to brightness and contrast, with hardly another colour;
/// with `mirror`, the other's mirror image.
bool look_alike(const Likeness& a, const Likeness& b, bool mirror,
                double most_unexplained = kUsualUnexplained);

}  // namespace dbot::data
