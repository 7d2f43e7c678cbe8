#include "dbot/masking/block_mask.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/random.h"
#include "dbot/masking/distinct_numbers.h"
#include "dbot/masking/rounding.h"

namespace dbot::masking {
namespace {

constexpr int kAttempts = 10;

/// A mask that grows block by block.
class GrowingMask {
 public:
  explicit GrowingMask(core::Size grid)
      : grid_(grid), mask_(at::zeros({grid.height, grid.width}, at::kByte)) {}

  std::int64_t count() const { return count_; }
  const at::Tensor& mask() const { return mask_; }

  /// One attempt: true if a block was added. `room`: the most patches it may add.
  bool add_block(const BlockConfig& config, const BlockDraws& draws, std::int64_t room) {
    const double area =
        draws.uniform(static_cast<double>(config.smallest), static_cast<double>(room));
    const double widest = -std::log(config.narrowest);
    const double shape = std::exp(draws.uniform(-widest, widest));
    const std::int64_t height = nearest(std::sqrt(area * shape));
    const std::int64_t width = nearest(std::sqrt(area / shape));
    if (height >= grid_.height || width >= grid_.width) return false;
    const std::int64_t top = draws.integer(grid_.height - height);
    const std::int64_t left = draws.integer(grid_.width - width);
    const std::int64_t added = height * width - hidden(top, left, height, width);
    if (added < 1 || added > room) return false;
    mask_.narrow(0, top, height).narrow(1, left, width).fill_(1);
    count_ += added;
    return true;
  }

  /// Hides so many of the patches that are still visible.
  void add_patches(const BlockDraws& draws, std::int64_t missing) {
    hide_visible(mask_, missing, draws.choice);
    count_ += missing;
  }

 private:
  std::int64_t hidden(std::int64_t top, std::int64_t left, std::int64_t height,
                      std::int64_t width) const {
    const auto* values = mask_.const_data_ptr<std::uint8_t>();
    std::int64_t sum = 0;
    for (std::int64_t row = top; row < top + height; ++row) {
      for (std::int64_t column = left; column < left + width; ++column) {
        sum += values[row * grid_.width + column];
      }
    }
    return sum;
  }

  core::Size grid_;
  at::Tensor mask_;
  std::int64_t count_ = 0;
};

}  // namespace

BlockConfig block_config(const MaskConfig& config, std::int64_t patches) {
  return {.masked = patches_of_blocks(config, patches),
          .smallest = config.smallest_block,
          .narrowest = config.narrowest_block,
          .largest = config.largest_block,
          .exact = config.count != 0};
}

at::Tensor block_mask(core::Size grid, const BlockConfig& config, const BlockDraws& draws) {
  GrowingMask mask(grid);
  while (mask.count() < config.masked) {
    const std::int64_t left = config.masked - mask.count();
    const std::int64_t room = config.largest > 0 ? std::min(left, config.largest) : left;
    bool added = false;
    for (int attempt = 0; attempt < kAttempts && !added; ++attempt) {
      added = mask.add_block(config, draws, room);
    }
    if (!added) break;
  }
  if (config.exact && mask.count() < config.masked) {
    mask.add_patches(draws, config.masked - mask.count());
  }
  return mask.mask();
}

at::Tensor block_masks(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                       std::span<const std::int64_t> sample_ids, core::Size grid,
                       const BlockConfig& config) {
  const auto batch = static_cast<std::int64_t>(sample_ids.size());
  at::Tensor masks = at::empty({batch, grid.height * grid.width}, at::kFloat);
  for (std::int64_t i = 0; i < batch; ++i) {
    core::Random random(
        {.seed = seed,
         .purpose = core::Purpose::mask,
         .stage = stage,
         .epoch = epoch,
         .sample = static_cast<std::uint64_t>(sample_ids[static_cast<std::size_t>(i)])});
    const BlockDraws draws{
        [&](double low, double high) {
          return random.uniform(std::min(low, high), std::max(low, high));
        },
        [&](std::int64_t last) {
          return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(last) + 1));
        },
        [&](std::int64_t count, std::int64_t of) { return distinct_numbers(random, count, of); }};
    masks.select(0, i).copy_(block_mask(grid, config, draws).view({-1}));
  }
  return masks;
}

}  // namespace dbot::masking
