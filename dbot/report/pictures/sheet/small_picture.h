#pragma once

#include <cstdint>

#include "dbot/data/dataset.h"
#include "dbot/data/image/image.h"

namespace dbot::report {

/// An image of a data set as people see it: RGB, whole, its longer side `side` pixels; small ones
/// enlarged by a whole factor. `format` is what the network reads; of other channels than grey and
/// RGB the first three are shown, of two the first. Empty where it cannot be read.
data::Image small_picture(const data::Dataset& dataset, std::int64_t index,
                          const data::PixelFormat& format, int side);

}  // namespace dbot::report
