#include "dbot/nn/position_table.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <string>

#include "dbot/core/error.h"

namespace dbot::nn {

at::Tensor sincos_table_1d(std::int64_t width, const std::vector<double>& positions) {
  if (width <= 0 || width % 2 != 0) {
    throw Error("[position table] width is " + std::to_string(width) +
                ", expected a positive even number");
  }
  const auto rows = static_cast<std::int64_t>(positions.size());
  const std::int64_t half = width / 2;
  const at::Tensor table = at::empty({rows, width}, at::kDouble);
  double* values = table.mutable_data_ptr<double>();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t k = 0; k < half; ++k) {
      const double omega =
          1.0 / std::pow(10000.0, static_cast<double>(k) / static_cast<double>(half));
      const double angle = positions[static_cast<std::size_t>(row)] * omega;
      values[row * width + k] = std::sin(angle);
      values[row * width + half + k] = std::cos(angle);
    }
  }
  return table;
}

at::Tensor sincos_table_2d(std::int64_t width, core::Size grid, bool rows_first) {
  if (width <= 0 || width % 4 != 0) {
    throw Error("[position table] width is " + std::to_string(width) +
                ", expected a positive multiple of 4");
  }
  std::vector<double> columns, rows;
  for (std::int64_t row = 0; row < grid.height; ++row) {
    for (std::int64_t column = 0; column < grid.width; ++column) {
      columns.push_back(static_cast<double>(column));
      rows.push_back(static_cast<double>(row));
    }
  }
  const at::Tensor of_columns = sincos_table_1d(width / 2, columns);
  const at::Tensor of_rows = sincos_table_1d(width / 2, rows);
  const at::Tensor patches = rows_first ? at::cat({of_rows, of_columns}, 1)  //
                                        : at::cat({of_columns, of_rows}, 1);
  return at::cat({at::zeros({1, width}, at::kDouble), patches}, 0);
}

namespace {

/// planes: [1, width, rows, columns].
at::Tensor resampled(const at::Tensor& planes, core::Size from, core::Size to,
                     const TableResize& how) {
  if (how.antialias) {
    return at::_upsample_bicubic2d_aa(planes, {to.height, to.width}, /*align_corners=*/false);
  }
  if (how.offset == 0) {
    return at::upsample_bicubic2d(planes, {to.height, to.width}, /*align_corners=*/false);
  }
  const auto scale = [&](std::int64_t old, std::int64_t patches) {
    return (static_cast<double>(patches) + how.offset) / static_cast<double>(old);
  };
  return at::upsample_bicubic2d(planes, {to.height, to.width}, /*align_corners=*/false,
                                scale(from.height, to.height), scale(from.width, to.width));
}

}  // namespace

at::Tensor resize_position_table(const at::Tensor& table, core::Size from, core::Size to,
                                 const TableResize& how) {
  const std::int64_t prefix = how.prefix_rows;
  if (table.dim() != 3 || table.size(0) != 1 ||
      table.size(1) != prefix + from.height * from.width) {
    throw Error("[position table] the table has " +
                std::to_string(table.dim() == 3 ? table.size(1) : table.numel()) +
                " rows, expected " + std::to_string(prefix) + " + " + std::to_string(from.height) +
                "·" + std::to_string(from.width));
  }
  if (from == to) return table.clone();
  const std::int64_t width = table.size(2);
  const at::Tensor planes =
      table.slice(1, prefix).reshape({1, from.height, from.width, width}).permute({0, 3, 1, 2});
  const at::Tensor resized = resampled(planes.contiguous(), from, to, how);
  const at::Tensor patches =
      resized.permute({0, 2, 3, 1}).reshape({1, to.height * to.width, width});
  return prefix == 0 ? patches : at::cat({table.slice(1, 0, prefix), patches}, 1);
}

}  // namespace dbot::nn
