#include <ATen/ops/empty.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/kernels/pixel_kernels.h"
#include "dbot/ops/cpu/parallel_rows.h"

namespace dbot::ops {
namespace {

/// Where the values of a patch stand: in the image, and in the result.
struct PatchShape {
  std::int64_t channels, size;
  std::int64_t plane, line;                         // steps of the image: a channel, a row
  std::int64_t channel_step, row_step, value_step;  // of the result
};

PatchShape shape_of(const at::Tensor& pixels, std::int64_t size, PatchOrder order) {
  const std::int64_t channels = pixels.size(1), line = pixels.size(3);
  PatchShape shape{channels, size, pixels.size(2) * line, line, size * size, size, 1};
  if (order == PatchOrder::channel_last) {
    shape.channel_step = 1;
    shape.row_step = size * channels;
    shape.value_step = channels;
  }
  return shape;
}

/// pixel · scale + shift of a channel of uint8 pixels; float32 pixels are seen as they are.
struct Normalisation {
  const float* scale = nullptr;
  const float* shift = nullptr;

  float seen(std::uint8_t pixel, std::int64_t channel) const {
    return static_cast<float>(pixel) * scale[channel] + shift[channel];
  }
  float seen(float pixel, std::int64_t) const { return pixel; }
};

template <typename Pixel>
void copy_patch(const Pixel* corner, const PatchShape& shape, const Normalisation& normalisation,
                float* to) {
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t row = 0; row < shape.size; ++row) {
      const Pixel* from = corner + c * shape.plane + row * shape.line;
      float* out = to + c * shape.channel_step + row * shape.row_step;
      for (std::int64_t column = 0; column < shape.size; ++column) {
        out[column * shape.value_step] = normalisation.seen(from[column], c);
      }
    }
  }
}

template <typename Pixel>
void copy_patches(const at::Tensor& pixels, const PatchShape& shape,
                  const Normalisation& normalisation, const at::Tensor& rows,
                  const at::Tensor& patches) {
  const std::int64_t columns = pixels.size(3) / shape.size, wanted = patches.size(1);
  const std::int64_t width = patches.size(2), image = shape.channels * shape.plane;
  const Pixel* from = pixels.const_data_ptr<Pixel>();
  const std::int64_t* index = rows.defined() ? rows.const_data_ptr<std::int64_t>() : nullptr;
  float* to = patches.mutable_data_ptr<float>();
  parallel_rows(patches.size(0) * wanted, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t patch = index == nullptr ? i % wanted : index[i];
      const std::int64_t corner =
          (patch / columns) * shape.size * shape.line + (patch % columns) * shape.size;
      copy_patch(from + i / wanted * image + corner, shape, normalisation, to + i * width);
    }
  });
}

}  // namespace

at::Tensor seen_cpu(const Images& images) {
  const at::Tensor pixels = images.pixels.contiguous();
  const at::Tensor scale = images.scale.contiguous(), shift = images.shift.contiguous();
  const float* scales = scale.const_data_ptr<float>();
  const float* shifts = shift.const_data_ptr<float>();
  at::Tensor seen = at::empty(pixels.sizes(), pixels.options().dtype(at::kFloat));
  const std::int64_t channels = pixels.size(1), plane = pixels.size(2) * pixels.size(3);
  const auto* from = pixels.const_data_ptr<std::uint8_t>();
  float* to = seen.mutable_data_ptr<float>();
  parallel_rows(pixels.size(0) * channels, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      scale_pixels(from + i * plane, static_cast<std::size_t>(plane), scales[i % channels],
                   shifts[i % channels], to + i * plane);
    }
  });
  return seen;
}

at::Tensor image_patches_cpu(const Images& images, std::int64_t patch_size, PatchOrder order,
                             const at::Tensor& rows) {
  const at::Tensor pixels = images.pixels.contiguous();
  const PatchShape shape = shape_of(pixels, patch_size, order);
  const std::int64_t all = pixels.size(2) / patch_size * (pixels.size(3) / patch_size);
  const at::Tensor wanted = rows.defined() ? rows.contiguous() : rows;
  at::Tensor patches = at::empty({pixels.size(0), rows.defined() ? rows.size(1) : all,
                                  shape.channels * patch_size * patch_size},
                                 pixels.options().dtype(at::kFloat));
  if (pixels.scalar_type() == at::kByte) {
    const at::Tensor scale = images.scale.contiguous(), shift = images.shift.contiguous();
    copy_patches<std::uint8_t>(pixels, shape,
                               {scale.const_data_ptr<float>(), shift.const_data_ptr<float>()},
                               wanted, patches);
  } else {
    copy_patches<float>(pixels, shape, {}, wanted, patches);
  }
  return patches;
}

}  // namespace dbot::ops
