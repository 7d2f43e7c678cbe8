#pragma once

#include <functional>

#include "dbot/data/image/image.h"

namespace dbot::data {

/// True if few values make up the whole image, as in an index mask. Whole numbers of 16 bits are
/// counted as they are stored, not by their upper bytes. `decode` gives the image, or throws.
bool has_few_values(const std::function<Image(const PixelFormat&)>& decode);

}  // namespace dbot::data
