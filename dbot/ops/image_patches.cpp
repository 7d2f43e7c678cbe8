#include "dbot/ops/image_patches.h"

#include <c10/core/GradMode.h>

#include <string>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/ops/indices.h"

namespace dbot::ops {

Backend backend_of_pixels(const at::Tensor& pixels) {
  const bool kernels = (pixels.scalar_type() == at::kByte || pixels.scalar_type() == at::kFloat) &&
                       !(c10::GradMode::is_enabled() && pixels.requires_grad());
  return kernels ? backend_of({pixels}) : Backend::reference;
}

void check_scales(const at::Tensor& pixels, const at::Tensor& scale) {
  const std::int64_t scales = scale.defined() ? scale.numel() : 0;
  const std::int64_t expected = pixels.scalar_type() == at::kByte ? pixels.size(1) : 0;
  if (scales == expected) return;
  throw Error("[patches] pixels have " + std::to_string(scales) + " scales, expected " +
              std::to_string(expected) + ": one a channel of uint8 pixels, none of float32 ones");
}

namespace {

void check(const Images& images, std::int64_t patch_size) {
  const std::int64_t height = images.pixels.size(2), width = images.pixels.size(3);
  if (height % patch_size != 0 || width % patch_size != 0) {
    throw Error("[patches] patch size " + std::to_string(patch_size) +
                " does not divide the image of " + std::to_string(height) + "×" +
                std::to_string(width) + " pixels");
  }
  check_scales(images.pixels, images.scale);
}

}  // namespace

Images::Images(at::Tensor seen) : pixels(std::move(seen)) {}

Images::Images(at::Tensor bytes, at::Tensor channel_scale, at::Tensor channel_shift)
    : pixels(std::move(bytes)), scale(std::move(channel_scale)), shift(std::move(channel_shift)) {}

at::Tensor Images::seen() const {
  if (!scale.defined()) return pixels;
  return backend_of_pixels(pixels) == Backend::cpu ? seen_cpu(*this) : seen_reference(*this);
}

at::Tensor image_patches(const Images& images, std::int64_t patch_size, PatchOrder order,
                         const at::Tensor& rows) {
  check(images, patch_size);
  if (rows.defined()) {
    const std::int64_t patches =
        (images.pixels.size(2) / patch_size) * (images.pixels.size(3) / patch_size);
    check_within("[patches] wanted patches", rows, 0, patches);
  }
  switch (backend_of_pixels(images.pixels)) {
    case Backend::cpu:
      return image_patches_cpu(images, patch_size, order, rows);
    case Backend::cuda:
      return image_patches_cuda(images, patch_size, order, rows);
    case Backend::reference:
      break;
  }
  return image_patches_reference(images, patch_size, order, rows);
}

}  // namespace dbot::ops
