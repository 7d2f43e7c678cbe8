#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/ops/image_patches.h"

namespace dbot::ops {

/// Clips [batch, channels, frames, height, width]: float32 as a network is to see them, or uint8
/// with what turns a channel's pixels into what is seen, pixel · scale + shift.
struct Clips {
  Clips(at::Tensor seen);  // implicit: a tensor of float32 clips is Clips
  Clips(at::Tensor bytes, at::Tensor channel_scale, at::Tensor channel_shift);

  /// float32, normalised.
  at::Tensor seen() const;
  /// The same clips of these frames alone, in this order.
  Clips at_frames(std::span<const std::int64_t> frames) const;

  at::Tensor pixels;
  at::Tensor scale, shift;  // float32 [channels], with uint8 pixels only
};

/// What a token of a clip covers: so many frames of a square of so many pixels.
struct Tubelet {
  std::int64_t frames = 2, size = 16;
};

/// Tubelets of the clips as they are seen, float32 [batch, wanted, channels·frames·size²]: one pass
/// from the pixels to what the embedding multiplies. Tokens are numbered step by step of time, row
/// by row. Values are in the order (channel, frame, row, column), as a kernel in three dimensions
/// has them, or (frame, row, column, channel) for channel_last. rows: int64 [batch, wanted], which
/// tokens in which order; undefined: all. Throws Error if the tubelets do not divide the clip or a
/// row points outside. docs/methods/mae_st.md §1.
at::Tensor clip_patches(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                        const at::Tensor& rows = {});

/// The inverse of all tubelets of channel_last, [batch, steps·rows·columns, frames·size²·channels]:
/// clips [batch, channels, steps·frames, rows·size, columns·size].
at::Tensor clip_from_patches(const at::Tensor& patches, const Tubelet& tubelet, std::int64_t rows,
                             std::int64_t columns, std::int64_t channels);

}  // namespace dbot::ops
