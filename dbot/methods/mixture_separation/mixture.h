#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/methods/draws.h"
#include "dbot/methods/mixture_separation/mixture_separation_config.h"

namespace dbot::methods {

/// Pairs of images, mixed and in the order of their weights.
struct Mixture {
  at::Tensor mixed;        // lam · first + (1 − lam) · second, [batch, channels, height, width]
  at::Tensor subordinate;  // of each pair the image of smaller weight; of equal ones the first
  at::Tensor dominant;     // the other one
};

/// first, second: float32 [batch, channels, height, width]. lam: float64 [1] or [batch], the weight
/// of the first image. docs/methods/imae.md §2.
Mixture mix_pairs(const at::Tensor& first, const at::Tensor& second, const at::Tensor& lam);

/// Uniform draws in [0, 1), float64: [1] of the micro-batch, or [batch] of the samples.
at::Tensor lam_draws(LamScope scope, const DrawContext& context,
                     std::span<const std::int64_t> sample_ids);

/// One weight for all pairs.
at::Tensor lam_of(double lam);

}  // namespace dbot::methods
