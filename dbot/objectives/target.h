#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/ops/image_patches.h"
#include "dbot/ops/token_loss.h"

namespace dbot::objectives {

enum class TargetKind { teacher, pixels };
/// token: each token of features standardised over its channels; patch: each patch of pixels
/// standardised over its values. Both: (t − mean)/sqrt(var + 1e-6), variance with divisor n − 1.
enum class Normalisation { none, token, patch };

struct ObjectiveConfig {
  TargetKind target = TargetKind::teacher;
  Normalisation normalisation = Normalisation::token;
  bool cls = true;  // a teacher's feature of the cls token is predicted as well
};

using ops::standardise;

/// The inverse: `standardised` values on the scale of `original`, row by row.
at::Tensor undo_standardise(const at::Tensor& standardised, const at::Tensor& original,
                            double eps = 1e-6);

/// Pixels of each patch, [batch, patches, p·p·channels], standardised per patch if asked. rows:
/// int64 [batch, wanted], the patches of the result; undefined: all.
at::Tensor pixel_target(const ops::Images& images, std::int64_t patch_size,
                        Normalisation normalisation, const at::Tensor& rows = {});

}  // namespace dbot::objectives
