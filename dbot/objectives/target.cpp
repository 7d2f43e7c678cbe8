#include "dbot/objectives/target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/var_mean.h>

#include <tuple>

#include "dbot/ops/patchify.h"

namespace dbot::objectives {

at::Tensor standardise(const at::Tensor& values, double eps) {
  const auto [variance, mean] = at::var_mean(values, at::IntArrayRef{-1}, 1, /*keepdim=*/true);
  return (values - mean) / (variance + eps).sqrt();
}

at::Tensor pixel_target(const at::Tensor& images, std::int64_t patch_size,
                        Normalisation normalisation) {
  const at::Tensor patches = ops::patchify(images, patch_size);
  return normalisation == Normalisation::none ? patches : standardise(patches);
}

}  // namespace dbot::objectives
