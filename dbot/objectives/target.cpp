#include "dbot/objectives/target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/var.h>

namespace dbot::objectives {
namespace {

constexpr double kLayerNormEps = 1e-5;
constexpr double kLeastFeatureLength = 1e-12;

/// LayerNorm without gain and shift.
at::Tensor layer_normed(const at::Tensor& values) {
  const at::Tensor centred = values - at::mean(values, at::IntArrayRef{-1}, /*keepdim=*/true);
  const at::Tensor variance = at::mean(centred.square(), at::IntArrayRef{-1}, /*keepdim=*/true);
  return centred / (variance + kLayerNormEps).sqrt();
}

}  // namespace

bool is_standardised(Normalisation normalisation) {
  return normalisation == Normalisation::token || normalisation == Normalisation::patch ||
         normalisation == Normalisation::variance;
}

at::Tensor normalised(const at::Tensor& values, Normalisation normalisation) {
  if (is_standardised(normalisation)) return standardise(values);
  if (normalisation == Normalisation::layer_norm) return layer_normed(values);
  if (normalisation == Normalisation::l2) {
    return values /
           at::linalg_vector_norm(values, 2, {-1}, /*keepdim=*/true).clamp_min(kLeastFeatureLength);
  }
  return values;
}

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
  return normalised(patches, normalisation);
}

at::Tensor clip_target(const ops::Clips& clips, std::span<const std::int64_t> predicted,
                       const ops::Tubelet& tubelet, Normalisation normalisation,
                       const at::Tensor& rows) {
  return normalised(
      ops::clip_patches(clips.at_frames(predicted), tubelet, ops::PatchOrder::channel_last, rows),
      normalisation);
}

}  // namespace dbot::objectives
