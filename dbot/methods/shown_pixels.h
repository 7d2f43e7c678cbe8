#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace dbot::methods {

/// Pixels in 0…1 of normalised ones, float32 on the host. Channels are dimension `channels` of the
/// tensor; an empty mean: they are not normalised.
at::Tensor shown_pixels(const at::Tensor& normalised, const std::vector<double>& mean,
                        const std::vector<double>& std, std::int64_t channels);

}  // namespace dbot::methods
