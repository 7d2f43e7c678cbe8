#include "dbot/methods/image_text/joint_draws.h"

#include <ATen/ops/empty.h>

#include "dbot/masking/random_mask.h"

namespace dbot::methods {
namespace {

at::Tensor batch_noise(const DrawContext& context, std::int64_t samples, std::int64_t count) {
  const at::Tensor noise = at::empty({1, count}, at::kFloat);
  core::Random random = batch_draws(context);
  float* values = noise.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) values[i] = random.uniform_float();
  return noise.expand({samples, count}).contiguous();
}

}  // namespace

JointNoise joint_noise(const ImageTextConfig& config, const DrawContext& context,
                       std::span<const std::int64_t> sample_ids) {
  const std::int64_t patches = config.encoder.patches(), words = config.text_length;
  const std::int64_t count = patches + words + config.unpaired_length;
  const at::Tensor noise =
      config.mask_scope == MaskScope::per_batch
          ? batch_noise(context, static_cast<std::int64_t>(sample_ids.size()), count)
          : masking::mask_noise(context.seed, static_cast<std::uint32_t>(context.stage),
                                static_cast<std::uint32_t>(context.epoch), sample_ids, count);
  return {.image = noise.slice(1, 0, patches).contiguous(),
          .text = noise.slice(1, patches, patches + words).contiguous(),
          .unpaired = noise.slice(1, patches + words).contiguous()};
}

}  // namespace dbot::methods
