#include "dbot/masking/cube_mask.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "dbot/masking/distinct_numbers.h"
#include "dbot/masking/rounding.h"

namespace dbot::masking {
namespace {

constexpr int kTries = 100;

class GrowingCubes {
 public:
  explicit GrowingCubes(const SpaceTimeGrid& grid)
      : grid_(grid), mask_(at::zeros({grid.time, grid.height, grid.width}, at::kByte)) {}

  std::int64_t count() const { return count_; }
  const at::Tensor& mask() const { return mask_; }

  /// One attempt: true if a block was added, of at most `room` tokens that were visible.
  bool add_block(const CubeConfig& config, const CubeDraws& draws, std::int64_t room) {
    const double area =
        draws.uniform(static_cast<double>(config.smallest), static_cast<double>(config.largest));
    const double widest = -std::log(config.narrowest);
    const double shape = std::exp(draws.uniform(-widest, widest));
    const std::int64_t height = nearest(std::sqrt(area * shape));
    const std::int64_t width = nearest(std::sqrt(area / shape));
    const std::int64_t steps = draws.integer(1, grid_.time);
    if (height >= grid_.height || width >= grid_.width) return false;
    const std::int64_t top = draws.integer(0, grid_.height - height);
    const std::int64_t left = draws.integer(0, grid_.width - width);
    const std::int64_t front = draws.integer(0, grid_.time - steps);
    const at::Tensor block =
        mask_.narrow(0, front, steps).narrow(1, top, height).narrow(2, left, width);
    const std::int64_t added = block.numel() - block.sum().item().toLong();
    if (added < 1 || added > room) return false;
    block.fill_(1);
    count_ += added;
    return true;
  }

  /// Hides so many of the tokens that are still visible.
  void add_tokens(const CubeDraws& draws, std::int64_t missing) {
    hide_visible(mask_, missing, draws.choice);
    count_ += missing;
  }

 private:
  SpaceTimeGrid grid_;
  at::Tensor mask_;
  std::int64_t count_ = 0;
};

}  // namespace

at::Tensor cube_mask(const SpaceTimeGrid& grid, const CubeConfig& config, const CubeDraws& draws) {
  GrowingCubes cubes(grid);
  while (cubes.count() < config.masked) {
    bool added = false;
    for (int attempt = 0; attempt < kTries && !added; ++attempt) {
      added = cubes.add_block(config, draws, config.masked - cubes.count());
    }
    if (!added) break;
  }
  if (config.exact && cubes.count() < config.masked) {
    cubes.add_tokens(draws, config.masked - cubes.count());
  }
  return cubes.mask();
}

}  // namespace dbot::masking
