#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/ops/clip_patches.h"
#include "dbot/ops/image_patches.h"
#include "dbot/ops/token_loss.h"

namespace dbot::objectives {

enum class TargetKind { teacher, pixels };
/// On which scale the values of a token (features) or patch (pixels) are.
/// token, patch, variance: (t − mean)/sqrt(var + 1e-6), variance with divisor n − 1; dBOT's name
/// for it, MAE's, and that of either. layer_norm: (t − mean)/sqrt(var + 1e-5), divisor n. l2:
/// length 1. docs/methods/maskdistill.md §6.
enum class Normalisation { none, token, patch, layer_norm, variance, l2 };

struct ObjectiveConfig {
  TargetKind target = TargetKind::teacher;
  Normalisation normalisation = Normalisation::token;
  bool cls = true;  // a teacher's feature of the cls token is predicted as well
};

using ops::standardise;

/// Whether it is the scale of `standardise`, which ops::mean_token_loss can make itself.
bool is_standardised(Normalisation normalisation);

/// Values on that scale, row by row of their last dimension; as they are for none.
at::Tensor normalised(const at::Tensor& values, Normalisation normalisation);

/// The inverse: `standardised` values on the scale of `original`, row by row.
at::Tensor undo_standardise(const at::Tensor& standardised, const at::Tensor& original,
                            double eps = 1e-6);

/// Pixels of each patch, [batch, patches, p·p·channels], on that scale patch by patch. rows:
/// int64 [batch, wanted], the patches of the result; undefined: all.
at::Tensor pixel_target(const ops::Images& images, std::int64_t patch_size,
                        Normalisation normalisation, const at::Tensor& rows = {});

/// Pixels that each token of a clip predicts, [batch, tokens, frames·size²·channels]: token t of
/// time has the next `tubelet.frames` of the clip's frames `predicted`. docs/methods/mae_st.md §5.
at::Tensor clip_target(const ops::Clips& clips, std::span<const std::int64_t> predicted,
                       const ops::Tubelet& tubelet, Normalisation normalisation,
                       const at::Tensor& rows = {});

}  // namespace dbot::objectives
