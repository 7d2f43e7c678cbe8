#pragma once

#include <array>
#include <cstdint>

#include "dbot/data/augment/planar_image.h"

// Operations that give each pixel of a plane a new value by its old one alone. Equal to Pillow's
// ImageOps of the same name, bit for bit.
namespace dbot::data {

using ToneTable = std::array<std::uint8_t, 256>;

/// Black becomes white.
void invert(const PlanarImage& image);
/// Pixels of at least `threshold` (0…256) are inverted.
void solarise(const PlanarImage& image, int threshold);
/// Pixels below 128 become brighter by `increase` (0…128).
void solarise_add(const PlanarImage& image, int increase);
/// Keeps the highest `bits` (0…8) of each pixel; 0: all is black.
void posterise(const PlanarImage& image, int bits);
/// Stretches each plane to 0…255.
void auto_contrast(const PlanarImage& image);
/// Makes all values of a plane about equally frequent.
void equalise(const PlanarImage& image);

}  // namespace dbot::data
