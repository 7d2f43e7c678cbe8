#include <ATen/ops/empty.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/kernels/pixel_kernels.h"
#include "dbot/ops/cpu/parallel_rows.h"

namespace dbot::ops {
namespace {

/// Where the values of a patch stand: in the image or clip, and in the result. An image is a clip
/// of one frame.
struct PatchShape {
  std::int64_t channels, frames, size;
  std::int64_t plane, picture, line;  // steps of the clip: a channel, a frame, a row
  std::int64_t channel_step, frame_step, row_step, value_step;  // of the result

  std::int64_t values() const { return channels * frames * size * size; }
};

/// pixels: [batch, channels, frames, height, width].
PatchShape shape_of(const at::Tensor& pixels, const Tubelet& tubelet, PatchOrder order) {
  const std::int64_t channels = pixels.size(1), size = tubelet.size, line = pixels.size(4);
  const std::int64_t picture = pixels.size(3) * line, square = size * size;
  PatchShape shape{channels,
                   tubelet.frames,
                   size,
                   pixels.size(2) * picture,
                   picture,
                   line,
                   tubelet.frames * square,
                   square,
                   size,
                   1};
  if (order == PatchOrder::channel_last) {
    shape.channel_step = 1;
    shape.frame_step = square * channels;
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
void copy_frame(const Pixel* corner, std::int64_t channel, const PatchShape& shape,
                const Normalisation& normalisation, float* to) {
  for (std::int64_t row = 0; row < shape.size; ++row) {
    const Pixel* from = corner + row * shape.line;
    float* out = to + row * shape.row_step;
    for (std::int64_t column = 0; column < shape.size; ++column) {
      out[column * shape.value_step] = normalisation.seen(from[column], channel);
    }
  }
}

template <typename Pixel>
void copy_patch(const Pixel* corner, const PatchShape& shape, const Normalisation& normalisation,
                float* to) {
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t frame = 0; frame < shape.frames; ++frame) {
      copy_frame(corner + c * shape.plane + frame * shape.picture, c, shape, normalisation,
                 to + c * shape.channel_step + frame * shape.frame_step);
    }
  }
}

template <typename Pixel>
void copy_patches(const at::Tensor& pixels, const PatchShape& shape,
                  const Normalisation& normalisation, const at::Tensor& rows,
                  const at::Tensor& patches) {
  const std::int64_t columns = pixels.size(4) / shape.size;
  const std::int64_t places = pixels.size(3) / shape.size * columns;
  const std::int64_t wanted = patches.size(1), width = patches.size(2);
  const std::int64_t clip = shape.channels * shape.plane;
  const Pixel* from = pixels.const_data_ptr<Pixel>();
  const std::int64_t* index = rows.defined() ? rows.const_data_ptr<std::int64_t>() : nullptr;
  float* to = patches.mutable_data_ptr<float>();
  parallel_rows(patches.size(0) * wanted, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t patch = index == nullptr ? i % wanted : index[i];
      const std::int64_t place = patch % places;
      const std::int64_t corner = (patch / places) * shape.frames * shape.picture +
                                  (place / columns) * shape.size * shape.line +
                                  (place % columns) * shape.size;
      copy_patch(from + i / wanted * clip + corner, shape, normalisation, to + i * width);
    }
  });
}

/// clips: of the pixels [batch, channels, frames, height, width].
at::Tensor wanted_patches(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                          const at::Tensor& rows) {
  const at::Tensor pixels = clips.pixels.contiguous();
  const PatchShape shape = shape_of(pixels, tubelet, order);
  const std::int64_t all =
      pixels.size(2) / shape.frames * (pixels.size(3) / shape.size) * (pixels.size(4) / shape.size);
  const at::Tensor wanted = rows.defined() ? rows.contiguous() : rows;
  at::Tensor patches =
      at::empty({pixels.size(0), rows.defined() ? rows.size(1) : all, shape.values()},
                pixels.options().dtype(at::kFloat));
  if (pixels.scalar_type() == at::kByte) {
    const at::Tensor scale = clips.scale.contiguous(), shift = clips.shift.contiguous();
    copy_patches<std::uint8_t>(pixels, shape,
                               {scale.const_data_ptr<float>(), shift.const_data_ptr<float>()},
                               wanted, patches);
  } else {
    copy_patches<float>(pixels, shape, {}, wanted, patches);
  }
  return patches;
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
  return wanted_patches({images.pixels.unsqueeze(2), images.scale, images.shift},
                        {.frames = 1, .size = patch_size}, order, rows);
}

at::Tensor clip_patches_cpu(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                            const at::Tensor& rows) {
  return wanted_patches(clips, tubelet, order, rows);
}

}  // namespace dbot::ops
