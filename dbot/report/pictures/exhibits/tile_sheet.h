#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/data/image/image.h"

namespace dbot::report {

/// Images in rows and columns, divided by thin white lines: [rows, columns, channels, height,
/// width], uint8 or floating-point in 0…1. Small ones are enlarged by a whole factor, large ones
/// shrunk, so that a row has at most about 1,200 pixels. `channels` as for shown_channels.
data::Image tile_sheet(const at::Tensor& images, const std::vector<std::int64_t>& channels);

}  // namespace dbot::report
