#include <ATen/ops/addcmul.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/patchify.h"
#include "dbot/ops/select_tokens.h"

namespace dbot::ops {
namespace {

at::Tensor all_patches(const at::Tensor& images, std::int64_t p, PatchOrder order) {
  if (order == PatchOrder::channel_last) return patchify(images, p);
  const std::int64_t batch = images.size(0), channels = images.size(1);
  const std::int64_t rows = images.size(2) / p, columns = images.size(3) / p;
  return images.reshape({batch, channels, rows, p, columns, p})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({batch, rows * columns, channels * p * p});
}

}  // namespace

at::Tensor seen_reference(const Images& images) {
  const auto channels = [](const at::Tensor& values) { return values.view({1, -1, 1, 1}); };
  return at::addcmul(channels(images.shift), images.pixels.to(at::kFloat), channels(images.scale));
}

at::Tensor clip_patches_reference(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                                  const at::Tensor& rows) {
  const at::Tensor seen = clips.seen();
  const std::int64_t batch = seen.size(0), channels = seen.size(1), u = tubelet.frames,
                     p = tubelet.size;
  const std::int64_t steps = seen.size(2) / u, height = seen.size(3) / p, width = seen.size(4) / p;
  const at::Tensor cut = seen.reshape({batch, channels, steps, u, height, p, width, p});
  const at::Tensor tubelets =
      (order == PatchOrder::channel_first ? cut.permute({0, 2, 4, 6, 1, 3, 5, 7})
                                          : cut.permute({0, 2, 4, 6, 3, 5, 7, 1}))
          .reshape({batch, steps * height * width, channels * u * p * p});
  return rows.defined() ? select_tokens(tubelets, rows) : tubelets;
}

at::Tensor image_patches_reference(const Images& images, std::int64_t patch_size, PatchOrder order,
                                   const at::Tensor& rows) {
  const at::Tensor patches = all_patches(images.seen(), patch_size, order);
  return rows.defined() ? select_tokens(patches, rows) : patches;
}

}  // namespace dbot::ops
