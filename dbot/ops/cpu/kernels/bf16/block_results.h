#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

// What is made of a block of products before it leaves the first cache: bias, activation, residual,
// the activation's gradient. All in float32; only what is written is rounded.
namespace dbot::ops {

enum class ResultKind {
  store,               // y = c + bias
  gelu,                // hidden = c + bias; y = GELU(hidden)
  quick_gelu,          // the same with x·sigmoid(1.702x)
  tanh_gelu,           // the same with the approximation by tanh
  residual,            // total = x + scale·(c + bias)
  gelu_backward,       // y = c · GELU'(hidden); activated = GELU(hidden); columns of y are summed
  tanh_gelu_backward,  // the same with the approximation by tanh
  accumulate           // total += c
};

/// Matrices of the whole product's size [rows, columns], contiguous.
struct Results {
  ResultKind kind = ResultKind::store;
  std::int64_t columns = 0;
  const float* bias = nullptr;  // [columns]; null: none
  c10::BFloat16* y = nullptr;
  c10::BFloat16* hidden = nullptr;     // of an activation: written where it is not null, or read
  c10::BFloat16* activated = nullptr;  // of an activation's gradient
  const float* x = nullptr;
  float* total = nullptr;
  const float* scale = nullptr;  // of each sample's branch; null: 1
  std::int64_t tokens = 1;       // rows of one sample
};

/// A block of the product: c [rows, ·] is its part from (row, column) on, `columns` wide.
struct ResultBlock {
  const float* c;
  std::int64_t c_row;
  std::int64_t row, column, rows, columns;
  float* column_sums;  // [columns] of this block, added to
};

using ResultKernel = void (*)(const Results& results, const ResultBlock& block);

/// The kernel for the kernel level in use.
ResultKernel result_kernel(ResultKind kind);

}  // namespace dbot::ops
