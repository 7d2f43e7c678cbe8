#include "dbot/ops/cuda/product_layout.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <gtest/gtest.h>

#include "tests/ops/cuda/gpu_tensors.h"

namespace dbot::ops::cuda {
namespace {

/// Row i, column k of what is multiplied.
float factor_at(const BlasMatrix& matrix, std::int64_t i, std::int64_t k) {
  const auto* values = static_cast<const float*>(matrix.values);
  return matrix.transposed ? values[i * matrix.rows + k] : values[k * matrix.rows + i];
}

/// As BLAS defines it, column by column.
void multiply(const BlasProduct& product, float* out) {
  const BlasMatrix& first = product.first;
  const std::int64_t inner = first.transposed ? first.rows : first.columns;
  for (std::int64_t j = 0; j < product.columns; ++j) {
    for (std::int64_t i = 0; i < product.rows; ++i) {
      float sum = 0;
      for (std::int64_t k = 0; k < inner; ++k) {
        sum += factor_at(first, i, k) * factor_at(product.second, k, j);
      }
      out[j * product.rows + i] = sum;
    }
  }
}

TEST(GpuProducts, LieAsBlasHasThem) {
  const at::Tensor a = numbers({5, 7}, 1), b = numbers({7, 3}, 2), out = at::empty({5, 3});
  for (const bool a_turned : {false, true}) {
    for (const bool b_turned : {false, true}) {
      const at::Tensor left = a_turned ? a.t().contiguous() : a;
      const at::Tensor right = b_turned ? b.t().contiguous() : b;
      Product product{.rows = 5, .columns = 3, .inner = 7};
      product.a = memory_of(left);
      product.b = memory_of(right);
      product.a_turned = a_turned;
      product.b_turned = b_turned;
      const BlasProduct blas = blas_product(product);
      EXPECT_EQ(blas.first.rows * blas.first.columns, 21);
      EXPECT_EQ(blas.second.rows * blas.second.columns, 35);
      multiply(blas, floats_of(out));
      EXPECT_TRUE(out.allclose(at::matmul(a, b), 1e-5, 1e-6));
    }
  }
}

}  // namespace
}  // namespace dbot::ops::cuda
