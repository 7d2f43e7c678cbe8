#include "dbot/methods/siamese/siamese_draws.h"

#include <ATen/ops/empty.h>

#include <numeric>
#include <utility>

#include "dbot/data/augment/mixing.h"
#include "dbot/methods/mixing_draws.h"

namespace dbot::methods {
namespace {

/// Un-Mix' own: λ uniform in 0…1, blended or cut with equal chances. docs/methods/siamese.md §5.
constexpr data::MixingConfig kUnmix{.mixup = 1, .cutmix = 1, .probability = 1, .cutmix_share = 0.5};

/// `rows` orders of 0…count − 1, int64 [rows, count].
at::Tensor drawn_orders(std::int64_t rows, std::int64_t count, core::Random& random) {
  at::Tensor orders = at::empty({rows, count}, at::TensorOptions().dtype(at::kLong));
  auto* order = orders.mutable_data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < rows; ++row, order += count) {
    std::iota(order, order + count, std::int64_t{0});
    for (std::int64_t left = count; left > 1; --left) {
      const auto other = random.below(static_cast<std::uint64_t>(left));
      std::swap(order[left - 1], order[static_cast<std::int64_t>(other)]);
    }
  }
  return orders;
}

at::Tensor drawn_noise(const SiameseConfig& config, std::int64_t batch, core::Random& random) {
  const auto& [height, width] = config.network.image_size;
  at::Tensor noise = at::empty({batch, config.network.channels, height, width},
                               at::TensorOptions().dtype(at::kFloat));
  auto* values = noise.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < noise.numel(); ++i) values[i] = static_cast<float>(random.normal());
  return noise;
}

}  // namespace

StepDraws draw_siamese(const SiameseConfig& config, std::int64_t batch, core::Random random) {
  StepDraws draws;
  if (config.loss == SiameseLoss::moco) {
    draws["key_order"] = drawn_orders(config.symmetric ? 2 : 1, batch, random);
  }
  if (config.unmixes()) {
    draws["mixing"] = mixing_tensor(draw_mix(kUnmix, config.network.image_size, random));
  }
  if (!config.masks()) return draws;
  const std::int64_t planes = config.channelwise ? config.network.channels : 1;
  draws["mask"] = masking::grid_masks(config.mask, planes, config.network.image_size, random);
  if (config.fill == MaskFill::noise) draws["fill_noise"] = drawn_noise(config, batch, random);
  if (config.fill == MaskFill::image && config.mixing == SiameseMixing::both) {
    draws["mask_partner"] = drawn_orders(1, batch, random).squeeze(0);
  }
  return draws;
}

}  // namespace dbot::methods
