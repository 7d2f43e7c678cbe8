#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// The `count` rows nearest to each of the first `queries` rows by cosine, ties by index.
std::vector<Neighbours> nearest_neighbours(const at::Tensor& features, std::int64_t queries,
                                           std::int64_t count);

/// What is had without a network: images [samples, channels, height, width], uint8, shrunk to at
/// most 32 pixels a side, minus the mean image. float32 [samples, values].
at::Tensor raw_pixel_rows(const at::Tensor& images);

/// Rows of unit length, float64.
at::Tensor unit_rows(const at::Tensor& features);

}  // namespace dbot::report
