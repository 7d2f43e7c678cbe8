#include <ATen/ops/empty.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/gpu/kernels.h"
#include "dbot/ops/gpu/tensors.h"

namespace dbot::ops {

at::Tensor clip_patches_cuda(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                             const at::Tensor& rows) {
  const at::Tensor pixels = clips.pixels.contiguous(), wanted = gpu::contiguous(rows);
  const at::Tensor scale = gpu::contiguous(clips.scale), shift = gpu::contiguous(clips.shift);
  const std::int64_t batch = pixels.size(0), channels = pixels.size(1), size = tubelet.size;
  const std::int64_t all =
      pixels.size(2) / tubelet.frames * (pixels.size(3) / size) * (pixels.size(4) / size);
  at::Tensor patches = at::empty(
      {batch, rows.defined() ? rows.size(1) : all, channels * tubelet.frames * size * size},
      pixels.options().dtype(at::kFloat));
  gpu::Kernels(pixels.device())
      .run(&cuda::KernelTable::patches,
           cuda::Patches{.batch = batch,
                         .wanted = patches.size(1),
                         .channels = channels,
                         .frames = pixels.size(2),
                         .height = pixels.size(3),
                         .width = pixels.size(4),
                         .tubelet_frames = tubelet.frames,
                         .size = size,
                         .channel_last = order == PatchOrder::channel_last,
                         .bytes = pixels.scalar_type() == at::kByte,
                         .pixels = pixels.const_data_ptr(),
                         .scale = gpu::floats_of(scale),
                         .shift = gpu::floats_of(shift),
                         .rows = gpu::indices_of(wanted),
                         .patches = gpu::memory_of(patches),
                         .element = cuda::ElementType::float32});
  return patches;
}

at::Tensor image_patches_cuda(const Images& images, std::int64_t patch_size, PatchOrder order,
                              const at::Tensor& rows) {
  // An image is a clip of one frame.
  Clips clips(images.pixels.unsqueeze(2));
  clips.scale = images.scale;
  clips.shift = images.shift;
  return clip_patches_cuda(clips, {.frames = 1, .size = patch_size}, order, rows);
}

}  // namespace dbot::ops
