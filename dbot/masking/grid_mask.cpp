#include "dbot/masking/grid_mask.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <vector>

namespace dbot::masking {
namespace {

constexpr std::int64_t kSmallestBlock = 4;  // cells
constexpr double kNarrowestBlock = 0.3;     // height / width
constexpr int kBlockMasks = 100;            // drawn at most

std::int64_t kept_cells(const at::Tensor& cells) {
  const auto* values = cells.const_data_ptr<std::uint8_t>();
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < cells.numel(); ++i) kept += values[i];
  return kept;
}

bool all_equal(const at::Tensor& cells) {
  const std::int64_t kept = kept_cells(cells);
  return kept == 0 || kept == cells.numel();
}

}  // namespace

at::Tensor block_cells(const GridMaskConfig& config, const BlockDraws& draws) {
  const auto all = static_cast<double>(config.cells * config.cells);
  return block_mask({config.cells, config.cells},
                    {.masked = static_cast<std::int64_t>(config.kept * all),
                     .smallest = kSmallestBlock,
                     .narrowest = kNarrowestBlock},
                    draws);
}

at::Tensor discrete_cells(const GridMaskConfig& config, const std::function<double()>& uniform) {
  at::Tensor cells = at::empty({config.cells, config.cells}, at::TensorOptions().dtype(at::kByte));
  auto* values = cells.mutable_data_ptr<std::uint8_t>();
  do {
    for (std::int64_t i = 0; i < cells.numel(); ++i) values[i] = uniform() > 1 - config.kept;
  } while (all_equal(cells));
  return cells;
}

at::Tensor draw_cells(const GridMaskConfig& config, core::Random& random) {
  if (config.kind == GridMaskKind::block) {
    // The first bound may be the larger one, where there is room for less than a block.
    const BlockDraws draws{
        [&](double low, double high) { return low + (high - low) * random.uniform(); },
        [&](std::int64_t last) {
          return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(last) + 1));
        }};
    for (int i = 0; i < kBlockMasks; ++i) {
      const at::Tensor cells = block_cells(config, draws);
      if (!all_equal(cells)) return cells;
    }
  }
  return discrete_cells(config, [&] { return random.uniform(); });
}

at::Tensor cells_to_pixels(const at::Tensor& cells, core::Size size) {
  const at::Tensor grid = cells.contiguous();
  const std::int64_t rows = grid.size(0), columns = grid.size(1);
  const auto* values = grid.const_data_ptr<std::uint8_t>();
  at::Tensor mask = at::empty({size.height, size.width}, at::TensorOptions().dtype(at::kFloat));
  auto* pixel = mask.mutable_data_ptr<float>();
  for (std::int64_t y = 0; y < size.height; ++y) {
    const auto* row = values + y * rows / size.height * columns;
    for (std::int64_t x = 0; x < size.width; ++x) *pixel++ = row[x * columns / size.width];
  }
  return mask;
}

at::Tensor grid_masks(const GridMaskConfig& config, std::int64_t planes, core::Size size,
                      core::Random& random) {
  std::vector<at::Tensor> masks;
  for (std::int64_t i = 0; i < planes; ++i) {
    masks.push_back(cells_to_pixels(draw_cells(config, random), size));
  }
  return at::stack(masks);
}

}  // namespace dbot::masking
