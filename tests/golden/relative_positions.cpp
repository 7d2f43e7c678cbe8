#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/masking/block_mask.h"
#include "dbot/nn/vit/relative_positions.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// "14to24" or "3x5-to-6x4": grids before and after, square if one number is given.
core::Size grid_of(const std::string& text) {
  const auto cross = text.find('x');
  const std::int64_t height = std::stoll(text);
  return {height, cross == std::string::npos ? height : std::stoll(text.substr(cross + 1))};
}

}  // namespace

void check_relative_position_index(const Fixture& fixture, Comparison& comparison) {
  for (const auto& window : fixture.config.at("windows")) {
    const core::Size grid{window.at(0).get<std::int64_t>(), window.at(1).get<std::int64_t>()};
    const std::string name = fmt::format("{}x{}", grid.height, grid.width);
    const at::Tensor index = nn::relative_position_index(grid);
    const std::int64_t tokens = index.size(0);
    const at::Tensor& expected = fixture.at("out.index_" + name);
    // Of large grids only some rows are kept.
    const at::Tensor shown =
        expected.size(0) == tokens
            ? index
            : index.index_select(0, at::tensor({std::int64_t{0}, std::int64_t{1}, std::int64_t{2},
                                                tokens / 2, tokens - 1}));
    comparison.exact("out.index_" + name, shown.to(expected.scalar_type()));
    comparison.exact(
        "out.index_sum_" + name,
        at::tensor({index.sum().item<std::int64_t>(), index.square().sum().item<std::int64_t>(),
                    tokens, nn::relative_position_rows(grid)}));
    if (fixture.has("in.table_" + name)) {
      comparison.exact("out.bias_" + name,
                       nn::relative_position_bias(fixture.at("in.table_" + name), index));
    }
  }
}

void check_relative_position_resize(const Fixture& fixture, Comparison& comparison) {
  for (const auto& [name, table] : fixture.with_prefix("in.table_")) {
    const auto to = name.find("to");
    const at::Tensor ours = nn::resize_relative_positions(table, grid_of(name.substr(0, to)),
                                                          grid_of(name.substr(to + 2)));
    comparison.tensor("out.table_" + name, ours, limits::value);
  }
}

void check_block_mask(const Fixture& fixture, Comparison& comparison) {
  const auto& config = fixture.config;
  const auto sides = config.at("grid").get<std::vector<std::int64_t>>();
  const core::Size grid{sides.at(0), sides.at(1)};
  const masking::BlockConfig blocks{.masked = config.at("num_masking_patches").get<std::int64_t>(),
                                    .smallest = config.at("min_num_patches").get<std::int64_t>(),
                                    .narrowest = config.at("min_aspect").get<double>()};
  for (const auto& [number, draws] : fixture.with_prefix("in.draws")) {
    const double* next = draws.const_data_ptr<double>();
    const double* end = next + draws.numel();
    const auto take = [&] {
      if (next == end) throw Error("[golden] more draws are asked for than the generator made");
      return *next++;
    };
    const at::Tensor mask =
        masking::block_mask(grid, blocks,
                            {[&](double, double) { return take(); },
                             [&](std::int64_t) { return static_cast<std::int64_t>(take()); }});
    comparison.exact("out.mask" + number, mask);
    comparison.truth("all draws of mask " + number + " are used", next == end);
  }
  if (!fixture.has("stat.frequency")) return;

  // Our own draws: as often masked as the official ones, place by place and in number.
  constexpr std::int64_t kMasks = 8000;
  std::vector<std::int64_t> samples;
  for (std::int64_t i = 0; i < kMasks; ++i) samples.push_back(i);
  const at::Tensor masks =
      masking::block_masks(/*seed=*/0, /*stage=*/0, /*epoch=*/0, samples, grid, blocks)
          .to(at::kDouble);
  const at::Tensor& frequency = fixture.at("stat.frequency");
  const auto theirs = config.at("stat_masks").get<double>();
  const at::Tensor variance =
      frequency * (1 - frequency) * (1 / theirs + 1.0 / static_cast<double>(kMasks));
  const at::Tensor deviation = (masks.mean(0).view(frequency.sizes()) - frequency).square();
  comparison.truth("masked as often at every place",
                   (deviation / variance.clamp_min(1e-12)).mean().item<double>() < 9);
  const at::Tensor counts = masks.sum(1);
  const double spread = counts.std().item<double>() / std::sqrt(theirs);
  comparison.truth(fmt::format("as many masked patches: {}", counts.mean().item<double>()),
                   std::abs(counts.mean().item<double>() -
                            config.at("stat_mean_count").get<double>()) < 3 * spread);
  comparison.truth("never more than wanted",
                   counts.max().item<double>() <= static_cast<double>(blocks.masked));
}

}  // namespace dbot::golden
