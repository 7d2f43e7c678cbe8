#include "dbot/ops/cpu/bf16/packed_product.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <vector>

#include "dbot/ops/cpu/kernels/bf16/pack_kernels.h"

namespace dbot::ops {
namespace {

constexpr std::int64_t kRowBlock = 96;    // rows of the left matrix that stay in the second cache
constexpr std::int64_t kPanelGroups = 4;  // groups of the right matrix at a time
constexpr std::int64_t kPanel = kPanelGroups * kTileColumns;
constexpr std::int64_t kTasksPerThread = 2;

/// Rows of the left matrix, with as many rows and columns as BlockProduct may read.
class RowBlock {
 public:
  RowBlock(const LeftMatrix& left, std::int64_t depth)
      : left_(left), depth_(depth), padded_(rounded_up(depth, kTileDepth)) {}

  /// Rows [first, first + rows), for the products that follow.
  void take(std::int64_t first, std::int64_t rows) {
    if (!left_.transposed && depth_ == padded_ && rows % kTileRows == 0) {
      data_ = left_.data + first * left_.row;
      row_ = left_.row;
      return;
    }
    if (!copy_.defined()) copy_ = at::empty({kRowBlock, padded_}, at::kBFloat16);
    auto* copy = copy_.mutable_data_ptr<c10::BFloat16>();
    data_ = copy;
    row_ = padded_;
    if (left_.transposed) {
      transpose_(left_.data + first, left_.row, depth_, rows, copy, padded_);
    } else {
      copy_rows_(left_.data + first * left_.row, left_.row, rows, depth_, copy, padded_);
    }
  }

  const c10::BFloat16* at(std::int64_t row) const { return data_ + row * row_; }
  std::int64_t row() const { return row_; }

 private:
  LeftMatrix left_;
  std::int64_t depth_, padded_;
  TransposeKernel transpose_ = transpose_kernel();
  decltype(PackKernels<c10::BFloat16>::copy) copy_rows_ = pack_kernels<c10::BFloat16>().copy;
  at::Tensor copy_;
  const c10::BFloat16* data_ = nullptr;
  std::int64_t row_ = 0;
};

/// A product in tasks: blocks of rows, and for each some panels of columns.
class Tasks {
 public:
  Tasks(std::int64_t rows, std::int64_t columns)
      : row_blocks((rows + kRowBlock - 1) / kRowBlock),
        panels((columns + kPanel - 1) / kPanel),
        parts_(std::clamp<std::int64_t>(
            (kTasksPerThread * at::get_num_threads() + row_blocks - 1) / row_blocks, 1, panels)) {
    if (at::get_num_threads() == 1) parts_ = 1;
  }

  std::int64_t count() const { return row_blocks * parts_; }
  std::int64_t block(std::int64_t task) const { return task / parts_; }
  std::int64_t first_panel(std::int64_t task) const { return panels * (task % parts_) / parts_; }
  std::int64_t last_panel(std::int64_t task) const { return panels * (task % parts_ + 1) / parts_; }

  const std::int64_t row_blocks, panels;

 private:
  std::int64_t parts_;
};

/// Asks for the lines of a block: while it is multiplied, they come into the cache.
template <typename Element>
void expect(const Element* matrix, const ResultBlock& block, std::int64_t width) {
  constexpr std::int64_t kLine = 64 / sizeof(Element);
  if (matrix == nullptr) return;
  for (std::int64_t row = block.row; row < block.row + block.rows; ++row) {
    const Element* first = matrix + row * width + block.column;
    for (std::int64_t i = 0; i < block.columns; i += kLine) __builtin_prefetch(first + i, 1);
  }
}

struct Product {
  const LeftMatrix& left;
  const PackedMatrix& right;
  const Results& results;
  BlockKernels kernels;
  ResultKernel write;
  float* sums;  // [blocks of rows, columns], or null
};

/// Lets the engine write a block of a plain result itself, where it can.
bool leave_rounding(const Product& product, const ResultBlock& result, BlockProduct& block) {
  const Results& results = product.results;
  if (!product.kernels.rounds || results.kind != ResultKind::store ||
      result.columns % kTileColumns != 0) {
    return false;
  }
  block.y = results.y + result.row * results.columns + result.column;
  block.y_row = results.columns;
  block.bias = results.bias == nullptr ? nullptr : results.bias + result.column;
  return true;
}

void multiply_panel(const Product& product, const RowBlock& rows, std::int64_t block,
                    std::int64_t panel) {
  alignas(64) std::array<float, kRowBlock * kPanel> c;
  const PackedMatrix& right = product.right;
  const std::int64_t column = panel * kPanel, group = panel * kPanelGroups;
  const std::int64_t first = block * kRowBlock;
  const std::int64_t count = std::min(kRowBlock, product.left.rows - first);
  const std::int64_t group_size = right.values.size(1);
  for (std::int64_t row = 0; row < count; row += product.kernels.rows) {
    const ResultBlock result{
        c.data(),
        kPanel,
        first + row,
        column,
        std::min(product.kernels.rows, count - row),
        std::min(kPanel, right.columns - column),
        product.sums == nullptr ? nullptr : product.sums + block * right.columns + column};
    expect(product.results.y, result, right.columns);
    expect(product.results.hidden, result, right.columns);
    expect(product.results.activated, result, right.columns);
    expect(product.results.x, result, right.columns);
    expect(product.results.total, result, right.columns);
    BlockProduct of_block{.rows = result.rows,
                          .groups = std::min(kPanelGroups, right.values.size(0) - group),
                          .depth = right.depth,
                          .a = rows.at(row),
                          .a_row = rows.row(),
                          .b = right.values.const_data_ptr<c10::BFloat16>() + group * group_size,
                          .b_group = group_size,
                          .c = c.data(),
                          .c_row = kPanel};
    const bool rounded = leave_rounding(product, result, of_block);
    product.kernels.multiply(of_block);
    if (!rounded) product.write(product.results, result);
  }
}

at::Tensor empty_like_rows(const at::Tensor& x, std::int64_t columns, at::ScalarType type) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = columns;
  return at::empty(shape, x.options().dtype(type));
}

LeftMatrix rows_of(const at::Tensor& x) {
  const std::int64_t width = x.size(-1);
  return {x.const_data_ptr<c10::BFloat16>(), x.numel() / std::max<std::int64_t>(1, width), width};
}

const float* values_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

c10::BFloat16* written(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<c10::BFloat16>() : nullptr;
}

}  // namespace

void multiply_packed(const LeftMatrix& left, const PackedMatrix& right, const Results& results,
                     const at::Tensor& column_sums) {
  if (left.rows == 0 || right.columns == 0) return;
  const Tasks tasks(left.rows, right.columns);
  const bool sums_columns =
      results.kind == ResultKind::gelu_backward || results.kind == ResultKind::tanh_gelu_backward;
  const at::Tensor sums =
      sums_columns ? at::zeros({tasks.row_blocks, right.columns}, at::kFloat) : at::Tensor();
  const Product product{left,
                        right,
                        results,
                        block_kernels(block_engine()),
                        result_kernel(results.kind),
                        sums_columns ? sums.mutable_data_ptr<float>() : nullptr};
  at::parallel_for(0, tasks.count(), 1, [&](std::int64_t begin, std::int64_t end) {
    const EngineInUse in_use(product.kernels);
    RowBlock rows(left, right.depth);
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t block = tasks.block(task);
      if (task == begin || block != tasks.block(task - 1)) {
        rows.take(block * kRowBlock, std::min(kRowBlock, left.rows - block * kRowBlock));
      }
      for (std::int64_t panel = tasks.first_panel(task); panel < tasks.last_panel(task); ++panel) {
        multiply_panel(product, rows, block, panel);
      }
    }
  });
  if (!column_sums.defined() || !sums_columns) return;
  for (std::int64_t block = 0; block < tasks.row_blocks; ++block) {
    column_sums.add_(sums.select(0, block));
  }
}

at::Tensor packed_linear(const at::Tensor& x, const PackedMatrix& weight, const at::Tensor& bias) {
  at::Tensor y = empty_like_rows(x, weight.columns, at::kBFloat16);
  multiply_packed(rows_of(x), weight,
                  {.columns = weight.columns, .bias = values_or_null(bias), .y = written(y)});
  return y;
}

at::Tensor packed_input_gradient(const at::Tensor& outer, const PackedMatrix& weight) {
  return packed_linear(outer, weight, {});
}

void add_packed_weight_gradient(const at::Tensor& gradient, const at::Tensor& outer,
                                const at::Tensor& x) {
  // Pieces of the sums over rows: a panel of one stays in the second cache.
  constexpr std::int64_t kMostDepth = 2048;
  const std::int64_t outputs = outer.size(-1);
  const at::Tensor rows = x.view({-1, x.size(-1)});
  const std::int64_t depth = rows.size(0), pieces = (depth + kMostDepth - 1) / kMostDepth;
  const std::int64_t most = pieces > 0 ? rounded_up((depth + pieces - 1) / pieces, kTileDepth) : 0;
  for (std::int64_t first = 0; first < depth; first += most) {
    multiply_packed({.data = outer.const_data_ptr<c10::BFloat16>() + first * outputs,
                     .rows = outputs,
                     .row = outputs,
                     .transposed = true},
                    packed_rows(rows.narrow(0, first, std::min(most, depth - first))),
                    {.kind = ResultKind::accumulate,
                     .columns = x.size(-1),
                     .total = gradient.mutable_data_ptr<float>()});
  }
}

ActivatedLinear packed_activated(const at::Tensor& x, const PackedMatrix& weight,
                                 const at::Tensor& bias, ResultKind activation, bool with_hidden) {
  ActivatedLinear result;
  result.activated = empty_like_rows(x, weight.columns, at::kBFloat16);
  if (with_hidden) result.hidden = at::empty_like(result.activated);
  multiply_packed(rows_of(x), weight,
                  {.kind = activation,
                   .columns = weight.columns,
                   .bias = values_or_null(bias),
                   .y = written(result.activated),
                   .hidden = written(result.hidden)});
  return result;
}

ActivatedGradient packed_activated_gradient(const at::Tensor& outer, const PackedMatrix& weight,
                                            const at::Tensor& hidden, ResultKind backward,
                                            const at::Tensor& bias_gradient) {
  ActivatedGradient result{at::empty_like(hidden), at::empty_like(hidden)};
  multiply_packed(rows_of(outer), weight,
                  {.kind = backward,
                   .columns = weight.columns,
                   .y = written(result.gradient),
                   .hidden = written(hidden),
                   .activated = written(result.activated)},
                  bias_gradient);
  return result;
}

at::Tensor packed_added(const at::Tensor& residual, const at::Tensor& x, const PackedMatrix& weight,
                        const at::Tensor& bias, const at::Tensor& scale) {
  at::Tensor total = at::empty_like(residual);
  multiply_packed(rows_of(x), weight,
                  {.kind = ResultKind::residual,
                   .columns = weight.columns,
                   .bias = values_or_null(bias),
                   .x = residual.const_data_ptr<float>(),
                   .total = total.mutable_data_ptr<float>(),
                   .scale = values_or_null(scale),
                   .tokens = residual.size(1)});
  return total;
}

}  // namespace dbot::ops
