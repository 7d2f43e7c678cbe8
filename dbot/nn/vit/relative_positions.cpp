#include "dbot/nn/vit/relative_positions.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/nn/vit/cubic_spline.h"

namespace dbot::nn {
namespace {

constexpr std::int64_t kClsRows = 3;

/// Where a table's distances 1 … grid − 1 are placed, so that `reach` is met: 1, 1 + q,
/// 1 + q + q², …
std::vector<double> growing_positions(std::int64_t count, double reach) {
  const auto sum = [&](double q) {
    double total = 0, term = 1;
    for (std::int64_t i = 0; i < count; ++i, term *= q) total += term;
    return total;
  };
  double low = 1.01, high = 1.5;
  double q = 0;
  while (high - low > 1e-6) {
    q = (low + high) / 2;
    (sum(q) > reach ? high : low) = q;
  }
  std::vector<double> positions;
  double position = 0, term = 1;
  for (std::int64_t i = 0; i < count; ++i, term *= q) positions.push_back(position += term);
  return positions;
}

/// [2·to − 1, 2·from − 1]: the distances of one axis of the new grid from those of the old.
at::Tensor axis_matrix(std::int64_t from, std::int64_t to) {
  const std::vector<double> positive = growing_positions(from - 1, static_cast<double>(to - 1));
  std::vector<double> knots;
  for (auto position = positive.rbegin(); position != positive.rend(); ++position) {
    knots.push_back(-*position);
  }
  knots.push_back(0);
  knots.insert(knots.end(), positive.begin(), positive.end());
  std::vector<double> wanted;
  for (std::int64_t distance = 1 - to; distance < to; ++distance) {
    wanted.push_back(static_cast<double>(distance));
  }
  return cubic_spline_matrix(knots, wanted);
}

std::int64_t distances(std::int64_t patches) {
  return 2 * patches - 1;
}

}  // namespace

std::int64_t relative_position_rows(core::Size grid) {
  return distances(grid.height) * distances(grid.width) + kClsRows;
}

at::Tensor relative_position_index(core::Size grid) {
  const std::int64_t patches = grid.height * grid.width, tokens = patches + 1;
  const std::int64_t rows = relative_position_rows(grid);
  const at::Tensor index = at::empty({tokens, tokens}, at::kLong);
  auto* to = index.mutable_data_ptr<std::int64_t>();
  *to++ = rows - 1;                                             // cls → cls
  for (std::int64_t j = 0; j < patches; ++j) *to++ = rows - 3;  // cls → patch
  for (std::int64_t i = 0; i < patches; ++i) {
    *to++ = rows - 2;  // patch → cls
    for (std::int64_t j = 0; j < patches; ++j) {
      const std::int64_t down = i / grid.width - j / grid.width + grid.height - 1;
      const std::int64_t right = i % grid.width - j % grid.width + grid.width - 1;
      *to++ = down * distances(grid.width) + right;
    }
  }
  return index;
}

at::Tensor relative_position_bias(const at::Tensor& table, const at::Tensor& index) {
  const std::int64_t tokens = index.size(0);
  return table.index_select(0, index.reshape({-1})).t().contiguous().view({-1, tokens, tokens});
}

at::Tensor resize_relative_positions(const at::Tensor& table, core::Size from, core::Size to) {
  if (table.dim() != 2 || table.size(0) != relative_position_rows(from)) {
    throw Error("[relative positions] the table has " + std::to_string(table.size(0)) +
                " rows, expected " + std::to_string(relative_position_rows(from)) +
                " for a grid of " + std::to_string(from.height) + "×" + std::to_string(from.width));
  }
  if (from == to) return table;
  const c10::NoGradGuard no_graph;
  const std::int64_t heads = table.size(1);
  const std::int64_t patch_rows = table.size(0) - kClsRows;
  const at::Tensor old = table.narrow(0, 0, patch_rows)
                             .to(at::kDouble)
                             .t()
                             .reshape({heads, distances(from.height), distances(from.width)});
  const at::Tensor resized =
      axis_matrix(from.height, to.height).matmul(old).matmul(axis_matrix(from.width, to.width).t());
  return at::cat({resized.reshape({heads, -1}).t().to(table.scalar_type()),
                  table.narrow(0, patch_rows, kClsRows)});
}

}  // namespace dbot::nn
