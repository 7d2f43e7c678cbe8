#include "dbot/ops/cpu/bf16/tile_attention.h"

#include <algorithm>

#include "dbot/ops/cpu/kernels/bf16/attention_rows.h"
#include "dbot/ops/cpu/kernels/bf16/pack_kernels.h"

namespace dbot::ops {
namespace {

using c10::BFloat16;

constexpr std::int64_t kManyTokens = 256;  // from which on fewer query rows fit into the cache
constexpr std::int64_t kLargeBlock = 128, kSmallBlock = 64;

/// Blocks of about the same size, whole tiles deep.
std::int64_t block_rows(std::int64_t tokens) {
  const std::int64_t most = tokens > kManyTokens ? kSmallBlock : kLargeBlock;
  const std::int64_t blocks = (tokens + most - 1) / most;
  return rounded_up((tokens + blocks - 1) / blocks, kTileDepth);
}

/// Memory handed out piece by piece, each aligned to a line of the cache.
class Scratch {
 public:
  explicit Scratch(float* memory) : next_(memory) {}
  float* floats(std::int64_t count) {
    float* piece = next_;
    next_ += rounded_up(count, 16);
    return piece;
  }
  BFloat16* values(std::int64_t count) {
    return reinterpret_cast<BFloat16*>(floats((count + 1) / 2));
  }

 private:
  float* next_;
};

/// A packed right matrix: group j at data + j·group.
struct Packed {
  const BFloat16* data;
  std::int64_t group;
};

using PackGroup = decltype(PackKernels<BFloat16>::along);

/// `column` is from one column to the next: the stride of rows that are packed along, or 1.
Packed pack(PackGroup kernel, const BFloat16* from, std::int64_t stride, std::int64_t column,
            std::int64_t depth, std::int64_t columns, BFloat16* to) {
  const std::int64_t group = rounded_up(depth, kTileDepth) * kTileColumns;
  for (std::int64_t first = 0; first < columns; first += kTileColumns) {
    kernel({from + first * column, stride, depth, std::min(kTileColumns, columns - first)},
           to + first / kTileColumns * group);
  }
  return {to, group};
}

/// Rows of a left matrix.
struct Left {
  const BFloat16* data;
  std::int64_t row;
};

/// c [rows, columns] = left · right, or added to it.
void multiply(const BlockKernels& kernels, std::int64_t rows, std::int64_t columns,
              std::int64_t depth, Left left, Packed right, float* c, bool add = false) {
  kernels.multiply({.rows = rows,
                    .groups = columns / kTileColumns,
                    .depth = depth,
                    .a = left.data,
                    .a_row = left.row,
                    .b = right.data,
                    .b_group = right.group,
                    .c = c,
                    .c_row = columns,
                    .add = add});
}

/// Of query rows [first, first + rows).
LogitRows logit_rows(const HeadInput<BFloat16>& input, std::int64_t first, std::int64_t rows,
                     float* products, std::int64_t row) {
  return {products,     row,
          rows,         input.tokens,
          input.scale,  input.bias == nullptr ? nullptr : input.bias + first * input.tokens,
          input.padding};
}

}  // namespace

TileAttention::TileAttention(std::int64_t tokens, std::int64_t head_width)
    : tokens_(tokens),
      width_(head_width),
      token_columns_(rounded_up(tokens, kTileColumns)),
      token_depth_(rounded_up(tokens, kTileDepth)),
      width_columns_(rounded_up(head_width, kTileColumns)),
      width_depth_(rounded_up(head_width, kTileDepth)),
      block_(block_rows(tokens)) {}

std::int64_t TileAttention::scratch_size() const {
  // What the backward pass takes, piece by piece; the forward pass takes less. In values of
  // bfloat16 first: query and the context's gradient as rows and packed, key packed twice, value.
  const std::int64_t rows = 2 * block_ * width_depth_;
  const std::int64_t packed_blocks = 2 * block_ * width_columns_;
  const std::int64_t keys = 2 * token_columns_ * width_depth_ + token_depth_ * width_columns_;
  const std::int64_t logits = 4 * block_ * token_depth_;
  const std::int64_t sums = (block_ + 2 * token_columns_) * width_columns_;
  constexpr std::int64_t kAlignment = 256;  // lost between the pieces
  return (rows + packed_blocks + keys + logits) / 2 + 2 * block_ * token_columns_ + sums +
         kAlignment;
}

void TileAttention::forward(const BlockKernels& kernels, const HeadInput<BFloat16>& input,
                            const HeadOutput<BFloat16>& output, float* memory) const {
  const PackKernels<BFloat16> packing = pack_kernels<BFloat16>();
  const AttentionRows functions = attention_rows();
  Scratch scratch(memory);
  const Packed keys = pack(packing.along, input.key, input.stride, input.stride, width_, tokens_,
                           scratch.values(token_columns_ * width_depth_));
  const Packed values = pack(packing.across, input.value, input.stride, 1, tokens_, width_,
                             scratch.values(token_depth_ * width_columns_));
  BFloat16* query = scratch.values(block_ * width_depth_);
  BFloat16* exponentials = scratch.values(block_ * token_depth_);
  float* products = scratch.floats(block_ * token_columns_);
  float* mixed = scratch.floats(block_ * width_columns_);
  for (std::int64_t first = 0; first < tokens_; first += block_) {
    const std::int64_t rows = std::min(block_, tokens_ - first);
    packing.copy(input.query + first * input.stride, input.stride, rows, width_, query,
                 width_depth_);
    multiply(kernels, rows, token_columns_, width_, {query, width_depth_}, keys, products);
    float inverse[kLargeBlock];
    functions.softmax(logit_rows(input, first, rows, products, token_columns_),
                      {exponentials, token_depth_, inverse, output.log_sums + first});
    multiply(kernels, rows, width_columns_, tokens_, {exponentials, token_depth_}, values, mixed);
    functions.write({.from = mixed,
                     .from_row = width_columns_,
                     .rows = rows,
                     .width = width_,
                     .factors = inverse,
                     .factor = 1.0F,
                     .to = output.context + first * output.stride,
                     .to_row = output.stride});
  }
}

void TileAttention::backward(const BlockKernels& kernels, const HeadInput<BFloat16>& input,
                             const HeadGradient<BFloat16>& gradient, float* memory) const {
  const PackKernels<BFloat16> packing = pack_kernels<BFloat16>();
  const AttentionRows functions = attention_rows();
  const TransposeKernel transpose = transpose_kernel();
  const auto write = [&](const float* from, std::int64_t rows, float factor, BFloat16* to) {
    functions.write({.from = from,
                     .from_row = width_columns_,
                     .rows = rows,
                     .width = width_,
                     .factors = nullptr,
                     .factor = factor,
                     .to = to,
                     .to_row = gradient.input_stride});
  };
  Scratch scratch(memory);
  const Packed keys = pack(packing.along, input.key, input.stride, input.stride, width_, tokens_,
                           scratch.values(token_columns_ * width_depth_));
  const Packed values = pack(packing.along, input.value, input.stride, input.stride, width_,
                             tokens_, scratch.values(token_columns_ * width_depth_));
  const Packed key_rows = pack(packing.across, input.key, input.stride, 1, tokens_, width_,
                               scratch.values(token_depth_ * width_columns_));
  BFloat16* query = scratch.values(block_ * width_depth_);
  BFloat16* outer = scratch.values(block_ * width_depth_);
  BFloat16* packed_query = scratch.values(block_ * width_columns_);
  BFloat16* packed_outer = scratch.values(block_ * width_columns_);
  BFloat16* probabilities = scratch.values(block_ * token_depth_);
  BFloat16* slopes = scratch.values(block_ * token_depth_);  // the logits' gradient
  BFloat16* turned_probabilities = scratch.values(block_ * token_depth_);
  BFloat16* turned_slopes = scratch.values(block_ * token_depth_);
  float* products = scratch.floats(block_ * token_columns_);
  float* outer_products = scratch.floats(block_ * token_columns_);
  float* query_gradient = scratch.floats(block_ * width_columns_);
  float* key_gradient = scratch.floats(token_columns_ * width_columns_);
  float* value_gradient = scratch.floats(token_columns_ * width_columns_);
  for (std::int64_t first = 0; first < tokens_; first += block_) {
    const std::int64_t rows = std::min(block_, tokens_ - first);
    const BFloat16* from = input.query + first * input.stride;
    const BFloat16* outer_from = gradient.context_gradient + first * gradient.stride;
    packing.copy(from, input.stride, rows, width_, query, width_depth_);
    packing.copy(outer_from, gradient.stride, rows, width_, outer, width_depth_);
    multiply(kernels, rows, token_columns_, width_, {query, width_depth_}, keys, products);
    multiply(kernels, rows, token_columns_, width_, {outer, width_depth_}, values, outer_products);
    functions.softmax_backward(
        logit_rows(input, first, rows, products, token_columns_),
        {outer_products, gradient.log_sums + first, probabilities, slopes, token_depth_,
         gradient.bias_gradient == nullptr ? nullptr : gradient.bias_gradient + first * tokens_});
    multiply(kernels, rows, width_columns_, tokens_, {slopes, token_depth_}, key_rows,
             query_gradient);
    write(query_gradient, rows, input.scale,
          gradient.query_gradient + first * gradient.input_stride);
    const std::int64_t depth = rounded_up(rows, kTileDepth);
    const std::int64_t columns = rounded_up(tokens_, 8);  // whole squares: zeros behind the last
    transpose(slopes, token_depth_, rows, columns, turned_slopes, depth);
    transpose(probabilities, token_depth_, rows, columns, turned_probabilities, depth);
    multiply(kernels, tokens_, width_columns_, rows, {turned_slopes, depth},
             pack(packing.across, from, input.stride, 1, rows, width_, packed_query), key_gradient,
             first > 0);
    multiply(kernels, tokens_, width_columns_, rows, {turned_probabilities, depth},
             pack(packing.across, outer_from, gradient.stride, 1, rows, width_, packed_outer),
             value_gradient, first > 0);
  }
  write(key_gradient, tokens_, input.scale, gradient.key_gradient);
  write(value_gradient, tokens_, 1.0F, gradient.value_gradient);
}

}  // namespace dbot::ops
