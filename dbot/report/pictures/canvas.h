#pragma once

#include <cstdint>
#include <span>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/image.h"

// Small operations on 8-bit RGB images, from which all pictures are put together.
namespace dbot::report {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

data::Image plain_image(core::Size size, Colour colour);
/// Grey becomes RGB.
data::Image as_rgb(const data::Image& image);

/// The size at which an image is shown: small ones are enlarged by a whole factor to at least 112
/// pixels, large ones shrunk to at most 192.
core::Size shown_size(core::Size image);
/// Enlarged without smoothing: pixels and patches stay sharp squares. Shrinking is antialiased.
data::Image resized(const data::Image& image, core::Size size);
/// Shrunk until its longer side is `side` pixels; what is smaller is enlarged by a whole factor, as
/// far as it stays smaller.
data::Image fitted(const data::Image& image, int side);
/// The central square, at `side` pixels.
data::Image thumbnail(const data::Image& image, int side);

/// Puts a tile over a canvas that has room for it there.
void paste(data::Image& canvas, const data::Image& tile, std::int64_t top, std::int64_t left);

/// `share` of `b` over `a`, images of one size.
data::Image mixed(const data::Image& a, const data::Image& b, double share);

/// Images of one height side by side, divided by thin white lines.
data::Image strip(std::span<const data::Image> tiles);
/// Images of one width below each other, divided likewise.
data::Image stack(std::span<const data::Image> rows);
/// Squares of one size in rows of `columns`, without gaps; what is left over is white.
data::Image atlas(std::span<const data::Image> tiles, std::int64_t columns);

/// A scale from black over violet and orange to pale yellow whose lightness rises evenly, so that
/// it can be read without colour too. value: 0…1, clamped.
Colour heat(double value);

}  // namespace dbot::report
