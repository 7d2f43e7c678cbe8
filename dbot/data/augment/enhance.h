#pragma once

#include "dbot/data/augment/planar_image.h"

// Changes of colour by a factor, of which 1 changes nothing. Equal to torchvision's functions of
// the same name on Pillow images (Pillow's ImageEnhance), bit for bit. What concerns colour leaves
// images that are not RGB as they are.
namespace dbot::data {

/// Away from black; 0 is black.
void adjust_brightness(const PlanarImage& image, double factor);
/// Away from the mean luma (of images that are not RGB: the mean of all pixels); 0 is a flat grey.
void adjust_contrast(const PlanarImage& image, double factor);
/// Away from grey; 0 is grey.
void adjust_saturation(const PlanarImage& image, double factor);
/// Turns all colours by `turns` of the circle, −0.5…0.5; 0 changes nothing but the rounding.
void adjust_hue(const PlanarImage& image, double turns);
/// Away from a smoothed image; 0 is smoothed, 2 sharpened.
void adjust_sharpness(const PlanarImage& image, double factor);
/// The luma in all three channels.
void to_grey(const PlanarImage& image);

}  // namespace dbot::data
