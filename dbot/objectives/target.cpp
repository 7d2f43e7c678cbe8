#include "dbot/objectives/target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/var.h>

#include "dbot/ops/patchify.h"
#include "dbot/ops/select_tokens.h"

namespace dbot::objectives {

at::Tensor standardise(const at::Tensor& values, double eps) {
  // Two passes, not one with running moments: a constant token then has the mean of the reference
  // to the last bit, and its rounding error is divided by sqrt(eps).
  const at::Tensor mean = at::mean(values, at::IntArrayRef{-1}, /*keepdim=*/true);
  const at::Tensor variance = at::var(values, at::IntArrayRef{-1}, 1, /*keepdim=*/true);
  return (values - mean) / (variance + eps).sqrt();
}

at::Tensor undo_standardise(const at::Tensor& standardised, const at::Tensor& original,
                            double eps) {
  const at::Tensor mean = at::mean(original, at::IntArrayRef{-1}, /*keepdim=*/true);
  const at::Tensor variance = at::var(original, at::IntArrayRef{-1}, 1, /*keepdim=*/true);
  return standardised * (variance + eps).sqrt() + mean;
}

at::Tensor pixel_target(const at::Tensor& images, std::int64_t patch_size,
                        Normalisation normalisation, const at::Tensor& rows) {
  at::Tensor patches = ops::patchify(images, patch_size);
  if (rows.defined()) patches = ops::select_tokens(patches, rows);
  return normalisation == Normalisation::none ? patches : standardise(patches);
}

}  // namespace dbot::objectives
