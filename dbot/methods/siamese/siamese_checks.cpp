// What one key alone cannot show: whether the values of siamese networks fit each other.
#include <fmt/format.h>

#include <algorithm>

#include "dbot/methods/check_values.h"
#include "dbot/methods/siamese/siamese_entry.h"

namespace dbot::methods {
namespace {

void check_batch(const SiameseConfig& config, std::int64_t batch) {
  if (batch < 2) {
    refuse_recipe(
        "train.batch_size is 1, but an image is compared and mixed with others of its batch; set "
        "at least 2");
  }
  if (batch % config.norm_splits != 0 || batch / config.norm_splits < 2) {
    refuse_recipe(
        fmt::format("model.norm_splits is {}, expected a divisor of train.batch_size {} that "
                    "leaves at least 2 images in each part",
                    config.norm_splits, batch));
  }
}

/// Keys take the places of the oldest ones, a batch at a time.
void check_queue(const SiameseConfig& config, std::int64_t batch) {
  if (config.loss != SiameseLoss::moco) return;
  const std::int64_t keys = batch * (config.symmetric ? 2 : 1);
  if (config.queue % keys == 0) return;
  const std::int64_t nearest = std::max<std::int64_t>(1, (config.queue + keys / 2) / keys) * keys;
  refuse_recipe(fmt::format(
      "siamese.queue is {}, but a batch adds {} keys (train.batch_size {}{}); set a "
      "multiple of them, such as {}",
      config.queue, keys, batch, config.symmetric ? ", siamese.symmetric" : "", nearest));
}

void check_mask(const SiameseConfig& config) {
  if (!config.masks()) return;
  const auto& mask = config.mask;
  constexpr std::int64_t kSmallestBlock = 4;  // cells
  const auto kept =
      static_cast<std::int64_t>(mask.kept * static_cast<double>(mask.cells * mask.cells));
  if (mask.kind == masking::GridMaskKind::block && (mask.cells < 3 || kept < kSmallestBlock)) {
    refuse_recipe(
        fmt::format("mask.grid is {} and mask.kept is {}, which leave blocks of {} cells no room; "
                    "set mask.kind = \"discrete\", or a finer grid",
                    mask.cells, mask.kept, kSmallestBlock));
  }
  const core::Size size = config.network.image_size;
  if (std::min(size.height, size.width) < mask.cells) {
    refuse_recipe(fmt::format(
        "mask.grid is {}, but an image has {}x{} pixels (model.image_size); set a coarser grid",
        mask.cells, size.height, size.width));
  }
}

void check_loss(const SiameseConfig& config) {
  if (config.symmetric && config.loss != SiameseLoss::moco) {
    refuse_recipe(
        "siamese.symmetric is true, which siamese.loss = \"moco\" alone has; set it to false");
  }
}

}  // namespace

void check(const SiameseConfig& config, const Surroundings& surroundings) {
  check_convolution(config.network);
  check_loss(config);
  check_batch(config, surroundings.batch_size);
  check_queue(config, surroundings.batch_size);
  check_mask(config);
  check_float32("siamese.temperature", config.temperature);
}

Outline outline(const SiameseConfig& config) {
  return {.images = nn::ImageInput{config.network.image_size, config.network.channels},
          .width = convolution_config(config.network).width(),
          .size = convolution_size_keys(config.network),
          .further_views = 1,
          .needs_one_process =
              "the running values of its batch normalisation and its queue of "
              "keys follow the micro-batches of a step one after another"};
}

}  // namespace dbot::methods
