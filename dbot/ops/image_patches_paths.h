#pragma once

#include "dbot/ops/image_patches.h"

// The ways to cut patches; `image_patches` checks and chooses.
namespace dbot::ops {

/// In plain ATen calls; differentiable in float32 pixels.
at::Tensor image_patches_reference(const Images& images, std::int64_t patch_size, PatchOrder order,
                                   const at::Tensor& rows);

/// One pass, only over the patches that are wanted.
at::Tensor image_patches_cpu(const Images& images, std::int64_t patch_size, PatchOrder order,
                             const at::Tensor& rows);

/// uint8 images as they are seen, in one pass.
at::Tensor seen_cpu(const Images& images);

}  // namespace dbot::ops
