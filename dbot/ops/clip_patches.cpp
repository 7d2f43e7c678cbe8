#include "dbot/ops/clip_patches.h"

#include <ATen/ops/tensor.h>

#include <string>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/ops/indices.h"

namespace dbot::ops {
namespace {

void check(const Clips& clips, const Tubelet& tubelet) {
  const at::Tensor& pixels = clips.pixels;
  if (pixels.dim() != 5) {
    throw Error("[tubelets] clips have " + std::to_string(pixels.dim()) +
                " dimensions, expected batch×channels×frames×height×width");
  }
  const bool divides = pixels.size(2) % tubelet.frames == 0 && pixels.size(3) % tubelet.size == 0 &&
                       pixels.size(4) % tubelet.size == 0;
  if (!divides) {
    throw Error("[tubelets] tubelets of " + std::to_string(tubelet.frames) + " frames of " +
                std::to_string(tubelet.size) + " pixels do not divide the clip of " +
                std::to_string(pixels.size(2)) + " frames of " + std::to_string(pixels.size(3)) +
                "×" + std::to_string(pixels.size(4)));
  }
  check_scales(pixels, clips.scale);
}

}  // namespace

Clips::Clips(at::Tensor seen) : pixels(std::move(seen)) {}

Clips::Clips(at::Tensor bytes, at::Tensor channel_scale, at::Tensor channel_shift)
    : pixels(std::move(bytes)), scale(std::move(channel_scale)), shift(std::move(channel_shift)) {}

at::Tensor Clips::seen() const {
  if (!scale.defined()) return pixels;
  // The frames of a channel, one below the other, are an image.
  return Images(pixels.flatten(2, 3), scale, shift).seen().view(pixels.sizes());
}

Clips Clips::at_frames(std::span<const std::int64_t> frames) const {
  Clips chosen = *this;
  const at::Tensor index =
      at::tensor(at::ArrayRef<std::int64_t>(frames.data(), frames.size()), at::kLong);
  chosen.pixels = pixels.index_select(2, index.to(pixels.device()));
  return chosen;
}

at::Tensor clip_patches(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                        const at::Tensor& rows) {
  check(clips, tubelet);
  const at::Tensor& pixels = clips.pixels;
  if (rows.defined()) {
    const std::int64_t tokens = (pixels.size(2) / tubelet.frames) *
                                (pixels.size(3) / tubelet.size) * (pixels.size(4) / tubelet.size);
    check_within("[tubelets] wanted tokens", rows, 0, tokens);
  }
  switch (backend_of_pixels(pixels)) {
    case Backend::cpu:
      return clip_patches_cpu(clips, tubelet, order, rows);
    case Backend::cuda:
      return clip_patches_cuda(clips, tubelet, order, rows);
    case Backend::reference:
      break;
  }
  return clip_patches_reference(clips, tubelet, order, rows);
}

at::Tensor clip_from_patches(const at::Tensor& patches, const Tubelet& tubelet, std::int64_t rows,
                             std::int64_t columns, std::int64_t channels) {
  const std::int64_t u = tubelet.frames, p = tubelet.size, places = rows * columns;
  if (patches.dim() != 3 || patches.size(1) % places != 0 ||
      patches.size(2) != u * p * p * channels) {
    throw Error("[tubelets] " + std::to_string(patches.numel()) +
                " values are no tubelets of a grid of " + std::to_string(rows) + "×" +
                std::to_string(columns) + " with " + std::to_string(u * p * p * channels) +
                " values each");
  }
  const std::int64_t batch = patches.size(0), steps = patches.size(1) / places;
  return patches.reshape({batch, steps, rows, columns, u, p, p, channels})
      .permute({0, 7, 1, 4, 2, 5, 3, 6})
      .reshape({batch, channels, steps * u, rows * p, columns * p});
}

}  // namespace dbot::ops
