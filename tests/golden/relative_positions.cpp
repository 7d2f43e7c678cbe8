#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

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
    const at::Tensor& expected = fixture.peek("out.index_" + name);
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

}  // namespace dbot::golden
