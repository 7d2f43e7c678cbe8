#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/augment/planar_image.h"
#include "dbot/data/kernels/warp_kernels.h"

// Shears, moves and turns, with bicubic interpolation. What comes from outside the image becomes
// `fill`, one value a channel. Equal to Pillow's `transform(size, AFFINE, …, BICUBIC)` and
// `rotate(degrees, BICUBIC)`, bit for bit.
namespace dbot::data {

using Fill = std::vector<std::uint8_t>;

/// Rows are moved to the left by `factor` times their place.
void shear_x(const PlanarImage& image, double factor, const Fill& fill);
/// Columns are moved upwards by `factor` times their place.
void shear_y(const PlanarImage& image, double factor, const Fill& fill);
/// To the left by `share` of the width.
void translate_x(const PlanarImage& image, double share, const Fill& fill);
/// Upwards by `share` of the height.
void translate_y(const PlanarImage& image, double share, const Fill& fill);
/// Around the centre, against the clock.
void rotate(const PlanarImage& image, double degrees, const Fill& fill);

}  // namespace dbot::data
