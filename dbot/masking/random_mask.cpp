#include "dbot/masking/random_mask.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/core/random.h"

namespace dbot::masking {

std::int64_t kept_patches(std::int64_t patches, double ratio) {
  if (!(ratio >= 0 && ratio <= 1)) {
    throw UsageError("[mask] mask.ratio is " + std::to_string(ratio) + ", expected 0 to 1");
  }
  return static_cast<std::int64_t>(static_cast<double>(patches) * (1.0 - ratio));
}

std::int64_t visible_patches(const MaskConfig& config, std::int64_t patches) {
  if (config.count > 0) return patches - config.count;
  const bool exact_blocks = config.kind == MaskKind::block && config.count < 0;
  return exact_blocks ? patches - patches_of_blocks(config, patches)
                      : kept_patches(patches, config.ratio);
}

std::int64_t patches_of_blocks(const MaskConfig& config, std::int64_t patches) {
  if (config.count > 0) return config.count;
  return static_cast<std::int64_t>(static_cast<double>(patches) * config.ratio);
}

at::Tensor mask_noise(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                      std::span<const std::int64_t> sample_ids, std::int64_t patches) {
  const at::Tensor noise =
      at::empty({static_cast<std::int64_t>(sample_ids.size()), patches}, at::kFloat);
  float* values = noise.mutable_data_ptr<float>();
  for (const std::int64_t sample : sample_ids) {
    core::Random random({.seed = seed,
                         .purpose = core::Purpose::mask,
                         .stage = stage,
                         .epoch = epoch,
                         .sample = static_cast<std::uint64_t>(sample)});
    for (std::int64_t patch = 0; patch < patches; ++patch) *values++ = random.uniform_float();
  }
  return noise;
}

Mask random_mask(const at::Tensor& noise, std::int64_t kept) {
  if (noise.dim() != 2 || kept < 0 || kept > noise.size(1)) {
    throw Error("[mask] " + std::to_string(kept) + " patches are to be kept of noise with " +
                std::to_string(noise.numel()) + " values, expected [batch, patches]");
  }
  const at::Tensor ids_shuffle = at::argsort(noise, /*stable=*/true, 1, /*descending=*/false);
  Mask result;
  result.ids_keep = ids_shuffle.slice(1, 0, kept);
  result.ids_restore = at::argsort(ids_shuffle, /*stable=*/true, 1, /*descending=*/false);
  result.mask = result.ids_restore.ge(kept).to(at::kFloat);
  return result;
}

Mask mask_as_given(const at::Tensor& mask) {
  const at::Tensor visible = mask.eq(0).sum(1);
  const auto kept = visible.max().item().toLong();
  if (visible.min().item().toLong() != kept) {
    throw Error("[mask] images have " + std::to_string(visible.min().item().toLong()) + " to " +
                std::to_string(kept) + " visible patches, expected the same number in each");
  }
  return mask_as_given(mask, kept);
}

Mask mask_as_given(const at::Tensor& mask, std::int64_t visible) {
  const at::Tensor order = at::argsort(mask, /*stable=*/true, 1, /*descending=*/false);
  return {.ids_keep = order.slice(1, 0, visible),
          .ids_restore = at::argsort(order, /*stable=*/true, 1, /*descending=*/false),
          .mask = mask};
}

}  // namespace dbot::masking
