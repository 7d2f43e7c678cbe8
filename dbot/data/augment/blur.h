#pragma once

#include "dbot/data/augment/planar_image.h"

namespace dbot::data {

/// Blurs by about a Gaussian of `sigma` pixels (at least 0): three means over boxes along each
/// direction (Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box
/// filtering", SSVM 2011). Equal to Pillow's `GaussianBlur(sigma)`, bit for bit.
void gaussian_blur(const PlanarImage& image, double sigma);

}  // namespace dbot::data
