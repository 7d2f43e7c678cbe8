#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <atomic>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/bf16/packed_product.h"
#include "dbot/ops/cpu/kernels/matrix_kernel.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

constexpr std::int64_t kLeastRows = 24;  // for a thread to be worth its start

std::atomic<ProductLibrary>& chosen() {
  static std::atomic<ProductLibrary> library = ProductLibrary::own;
  return library;
}

bool own_kernels(const at::Tensor& a, const at::Tensor& b) {
  return chosen() == ProductLibrary::own && simd::kernel_level() >= simd::KernelLevel::avx2 &&
         a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat &&
         backend_of({a, b}) == Backend::cpu;
}

/// Products of bfloat16 on dot products or tiles; the right matrix is packed for this one.
bool own_bf16(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == at::kBFloat16 && b.scalar_type() == at::kBFloat16 &&
         multiplies_bf16() && backend_of({a, b}) == Backend::cpu;
}

std::int64_t row_count(const at::Tensor& x) {
  return x.numel() / std::max<std::int64_t>(1, x.size(-1));
}

at::Tensor matrix_of(const at::Tensor& x) {
  return x.view({-1, x.size(-1)});
}

at::Tensor empty_result(const at::Tensor& x, std::int64_t columns) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = columns;
  return at::empty(shape, x.options());
}

struct ChosenKernels {
  MatrixKernels kernels;
  simd::KernelLevel level = simd::KernelLevel::reference;  // for which they were chosen
};

ChosenKernels& chosen_kernels() {
  static ChosenKernels chosen;
  return chosen;
}

MatrixKernels kernels_in_use() {
  const ChosenKernels& chosen = chosen_kernels();
  return chosen.level == simd::kernel_level() ? chosen.kernels : matrix_kernels();
}

/// Steps [k, k + depth) of the sums.
MatrixProduct piece_of(const MatrixProduct& whole, std::int64_t k, std::int64_t depth) {
  MatrixProduct piece = whole;
  piece.depth = depth;
  piece.a.data += k * whole.a.column;
  piece.b.data += k * whole.b.row;
  piece.add = whole.add || k > 0;
  return piece;
}

void multiply(const MatrixProduct& product) {
  const MatrixKernels kernels = kernels_in_use();
  const std::int64_t panels = (product.columns + kernels.panel_columns - 1) / kernels.panel_columns;
  const std::int64_t parts =
      std::clamp<std::int64_t>(product.rows / kLeastRows, 1, at::get_num_threads());
  const std::int64_t deepest = std::min(product.depth, kernels.most_depth);
  const at::Tensor memory = at::empty(
      {panels * kernels.panel_columns * deepest + parts * kernels.scratch_size}, at::kFloat);
  auto* packed = memory.mutable_data_ptr<float>();
  float* scratch = packed + panels * kernels.panel_columns * deepest;
  for (std::int64_t k = 0; k < product.depth; k += deepest) {
    const MatrixProduct piece = piece_of(product, k, std::min(deepest, product.depth - k));
    at::parallel_for(0, panels, 4, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t panel = first; panel < last; ++panel) {
        kernels.pack(piece, panel * kernels.panel_columns, packed);
      }
    });
    at::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t part = first; part < last; ++part) {
        kernels.multiply(piece, product.rows * part / parts, product.rows * (part + 1) / parts,
                         packed, scratch + part * kernels.scratch_size);
      }
    });
  }
}

}  // namespace

void use_matrix_kernels(const MatrixKernels& kernels, simd::KernelLevel level) {
  chosen_kernels() = {kernels, level};
}

std::string_view name(ProductLibrary library) {
  return library == ProductLibrary::own ? "own" : "libtorch";
}

void use_product_library(ProductLibrary library) {
  chosen() = library;
}

ProductLibrary product_library() {
  return chosen();
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (own_bf16(x, weight)) {
    return packed_linear(x, packed_weight(weight), bias.defined() ? bias.to(at::kFloat) : bias);
  }
  if (!own_kernels(x, weight)) return at::linear(x, weight, bias);
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  at::Tensor y = empty_result(x, outputs);
  multiply({.rows = row_count(x),
            .columns = outputs,
            .depth = inputs,
            .a = {x.const_data_ptr<float>(), inputs, 1},
            .b = {weight.const_data_ptr<float>(), 1, inputs},
            .bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr,
            .c = y.mutable_data_ptr<float>(),
            .c_row = outputs});
  return y;
}

at::Tensor linear_input_gradient(const at::Tensor& outer, const at::Tensor& weight) {
  if (own_bf16(outer, weight)) return packed_input_gradient(outer, packed_rows(weight));
  const std::int64_t inputs = weight.size(1), outputs = weight.size(0);
  if (!own_kernels(outer, weight)) {
    std::vector<std::int64_t> shape = outer.sizes().vec();
    shape.back() = inputs;
    return at::mm(matrix_of(outer), weight).view(shape);
  }
  at::Tensor gradient = empty_result(outer, inputs);
  multiply({.rows = row_count(outer),
            .columns = inputs,
            .depth = outputs,
            .a = {outer.const_data_ptr<float>(), outputs, 1},
            .b = {weight.const_data_ptr<float>(), inputs, 1},
            .c = gradient.mutable_data_ptr<float>(),
            .c_row = inputs});
  return gradient;
}

void add_linear_weight_gradient(const at::Tensor& gradient, const at::Tensor& outer,
                                const at::Tensor& x) {
  if (!gradient.defined()) return;
  if (own_bf16(outer, x)) return add_packed_weight_gradient(gradient, outer, x);
  const std::int64_t inputs = x.size(-1), outputs = outer.size(-1);
  if (own_kernels(outer, x)) {
    return multiply({.rows = outputs,
                     .columns = inputs,
                     .depth = row_count(x),
                     .a = {outer.const_data_ptr<float>(), 1, outputs},
                     .b = {x.const_data_ptr<float>(), inputs, 1},
                     .c = gradient.mutable_data_ptr<float>(),
                     .c_row = inputs,
                     .add = true});
  }
  const at::Tensor transposed = matrix_of(outer).t();
  if (outer.scalar_type() == at::kFloat) {
    gradient.addmm_(transposed, matrix_of(x));
  } else {
    gradient.add_(at::mm(transposed, matrix_of(x)));
  }
}

}  // namespace dbot::ops
