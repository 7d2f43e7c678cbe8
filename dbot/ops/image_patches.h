#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::ops {

/// Images [batch, channels, height, width]: float32 as a network is to see them, or uint8 with what
/// turns a channel's pixels into what is seen, pixel · scale + shift.
struct Images {
  Images(at::Tensor seen);  // implicit: a tensor of float32 images is Images
  Images(at::Tensor bytes, at::Tensor channel_scale, at::Tensor channel_shift);

  /// float32, normalised.
  at::Tensor seen() const;

  at::Tensor pixels;
  at::Tensor scale, shift;  // float32 [channels], with uint8 pixels only
};

/// The order of a patch's values: (channel, row, column) as the kernel of a patch embedding has it,
/// or (row, column, channel) as `patchify` and the pixel target have it.
enum class PatchOrder { channel_first, channel_last };

/// Patches of the images as they are seen, float32 [batch, wanted, channels·p·p]: one pass from
/// the pixels to what the embedding multiplies. rows: int64 [batch, wanted], which patches
/// (row-major) in which order; undefined: all in image order. Throws Error if the patch size does
/// not divide the image or a row points outside.
at::Tensor image_patches(const Images& images, std::int64_t patch_size, PatchOrder order,
                         const at::Tensor& rows = {});

}  // namespace dbot::ops
