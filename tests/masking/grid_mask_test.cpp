#include "dbot/masking/grid_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace dbot::masking {
namespace {

core::Random grid_draws(std::uint64_t seed) {
  return core::Random({.seed = seed, .purpose = core::Purpose::batch});
}

TEST(GridMask, BlocksKeepHalfOnAverage) {
  for (const std::int64_t cells : {4, 8, 16}) {
    const GridMaskConfig config{.cells = cells};
    core::Random random = grid_draws(1);
    double kept = 0;
    constexpr int kMasks = 500;
    for (int i = 0; i < kMasks; ++i) {
      kept += draw_cells(config, random).to(at::kDouble).mean().item<double>() / kMasks;
    }
    EXPECT_GT(kept, 0.49) << cells;
    EXPECT_LE(kept, 0.5) << cells;
  }
}

TEST(GridMask, SingleCellsKeepTheShareThatIsAskedFor) {
  const GridMaskConfig config{.kind = GridMaskKind::discrete, .cells = 32, .kept = 0.8};
  core::Random random = grid_draws(2);
  EXPECT_NEAR(draw_cells(config, random).to(at::kDouble).mean().item<double>(), 0.8, 0.05);
}

TEST(GridMask, IsNeverOfOneKindAlone) {
  core::Random random = grid_draws(3);
  for (const GridMaskKind kind : {GridMaskKind::block, GridMaskKind::discrete}) {
    // Blocks have no room in a grid of 2: single cells take their place.
    for (const std::int64_t cells : {2, 3}) {
      for (int i = 0; i < 100; ++i) {
        const auto sum =
            draw_cells({.kind = kind, .cells = cells}, random).sum().item<std::int64_t>();
        EXPECT_GT(sum, 0);
        EXPECT_LT(sum, cells * cells);
      }
    }
  }
}

TEST(GridMask, PixelsTakeTheirCell) {
  core::Random random = grid_draws(4);
  const at::Tensor cells = draw_cells({.cells = 5}, random);
  const core::Size size{16, 12};
  const at::Tensor pixels = cells_to_pixels(cells, size);
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      EXPECT_EQ(pixels[y][x].item<float>(), cells[y * 5 / 16][x * 5 / 12].item<std::uint8_t>());
    }
  }
}

TEST(GridMask, ChannelsHaveGridsOfTheirOwn) {
  core::Random random = grid_draws(5), again = grid_draws(5);
  const GridMaskConfig config{.cells = 8};
  const at::Tensor masks = grid_masks(config, 3, {16, 16}, random);
  EXPECT_EQ(masks.sizes(), at::IntArrayRef({3, 16, 16}));
  EXPECT_FALSE(at::equal(masks[0], masks[1]));
  EXPECT_FALSE(at::equal(masks[1], masks[2]));
  EXPECT_TRUE(at::equal(masks, grid_masks(config, 3, {16, 16}, again)));
}

}  // namespace
}  // namespace dbot::masking
