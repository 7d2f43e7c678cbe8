#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

// Supermasks: which weights of a layer a task uses. docs/methods/exssnet.md §2.
namespace dbot::ops {

/// How many of `elements` a mask of this density leaves out: (1 − density) · elements in double
/// precision, cut to a whole number. 0.9 of 10 elements leaves out none, since 0.1 is not exact.
std::int64_t left_out(std::int64_t elements, double density);

/// True for the scores of largest magnitude, false for the `left_out` others; a mask of the scores'
/// shape. Of equal magnitudes those of lower index are left out first, NaN is larger than anything.
/// scores: float32, or any floating-point type on the reference path. No gradient. Throws Error
/// for a density outside 0…1.
at::Tensor top_fraction_mask(const at::Tensor& scores, double density);

/// The weights under a mask, and 0 elsewhere (never −0), with the straight-through gradient of
/// edge-popup: dweight = mask · d, dscores = d · weight · sign(scores), sign(0) = 0. All three have
/// one shape; `mask` is boolean. Source: Ramanujan et al., arXiv 1911.13299.
at::Tensor supermasked(const at::Tensor& weight, const at::Tensor& scores, const at::Tensor& mask);

}  // namespace dbot::ops
