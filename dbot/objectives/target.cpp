#include "dbot/objectives/target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/var.h>

namespace dbot::objectives {

at::Tensor undo_standardise(const at::Tensor& standardised, const at::Tensor& original,
                            double eps) {
  const at::Tensor mean = at::mean(original, at::IntArrayRef{-1}, /*keepdim=*/true);
  const at::Tensor variance = at::var(original, at::IntArrayRef{-1}, 1, /*keepdim=*/true);
  return standardised * (variance + eps).sqrt() + mean;
}

at::Tensor pixel_target(const ops::Images& images, std::int64_t patch_size,
                        Normalisation normalisation, const at::Tensor& rows) {
  const at::Tensor patches =
      ops::image_patches(images, patch_size, ops::PatchOrder::channel_last, rows);
  return normalisation == Normalisation::none ? patches : standardise(patches);
}

}  // namespace dbot::objectives
