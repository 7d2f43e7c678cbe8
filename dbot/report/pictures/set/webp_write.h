#pragma once

#include <string>

#include "dbot/data/image/image.h"

namespace dbot::report {

/// The bytes of a lossy WebP file of an RGB image; equal images give equal bytes. `quality` is
/// libwebp's, 0 to 100. Throws Error if libwebp cannot, as beyond 16,383 pixels a side.
std::string encode_webp(const data::Image& image, float quality);

}  // namespace dbot::report
