// Products of bfloat16: packing, results on their way out, threads, engines.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/ops/cpu/bf16/packed_product.h"
#include "dbot/ops/cpu/kernels/bf16/pack_kernels.h"
#include "dbot/ops/cpu/kernels/bf16/tiles.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/runtime/precision.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/cpu/bf16_numbers.h"

namespace dbot::ops {
namespace {

at::Tensor low(const at::Tensor& x) {
  return x.to(at::kBFloat16);
}

/// The engines that this processor can run.
std::vector<BlockEngine> engines() {
  std::vector<BlockEngine> all{BlockEngine::emulated_tiles};
  const auto levels = simd::supported_kernel_levels();
  const auto has = [&](simd::KernelLevel level) {
    return std::find(levels.begin(), levels.end(), level) != levels.end();
  };
  if (has(simd::KernelLevel::avx512_bf16)) all.push_back(BlockEngine::dot_products);
  if (has(simd::KernelLevel::amx)) all.push_back(BlockEngine::tiles);
  return all;
}

class ThreadCount {
 public:
  explicit ThreadCount(int count) { at::set_num_threads(count); }
  ~ThreadCount() { at::set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_ = at::get_num_threads();
};

/// Element (k, n) of a packed matrix, by the layout's description.
float unpacked(const PackedMatrix& packed, std::int64_t k, std::int64_t n) {
  const auto* group =
      packed.values.const_data_ptr<c10::BFloat16>() + n / kTileColumns * packed.values.size(1);
  const std::int64_t pair = k % kTileDepth / 2;
  return group[k / kTileDepth * kTileValues + (pair * kTileColumns + n % kTileColumns) * 2 + k % 2];
}

void expect_packed(const PackedMatrix& packed, const at::Tensor& expected) {
  ASSERT_EQ(packed.depth, expected.size(0));
  ASSERT_EQ(packed.columns, expected.size(1));
  const at::Tensor rounded = low(expected).to(at::kFloat).contiguous();
  const std::int64_t depth = rounded_up(packed.depth, kTileDepth);
  const std::int64_t columns = rounded_up(packed.columns, kTileColumns);
  for (std::int64_t k = 0; k < depth; ++k) {
    for (std::int64_t n = 0; n < columns; ++n) {
      const bool inside = k < packed.depth && n < packed.columns;
      const float value = inside ? rounded[k][n].item<float>() : 0.0F;
      ASSERT_EQ(unpacked(packed, k, n), value) << k << ", " << n;
    }
  }
}

TEST(Bf16Packing, HoldsEveryElementAndZerosBeside) {
  for (const auto& [rows, columns] : {std::pair{5, 3}, {16, 32}, {33, 48}, {50, 70}, {64, 31}}) {
    const at::Tensor matrix = float_numbers({rows, columns}, 1);
    expect_packed(packed_weight(matrix), matrix.t());
    expect_packed(packed_weight(low(matrix)), matrix.t());
    expect_packed(packed_rows(matrix), matrix);
    expect_packed(packed_rows(low(matrix)), matrix);
  }
}

TEST(Bf16Packing, TransposesAnyShape) {
  for (const auto& [rows, columns] : {std::pair{8, 8}, {3, 5}, {17, 40}, {40, 9}}) {
    const at::Tensor matrix = low(float_numbers({rows, columns}, 2));
    const std::int64_t row = rounded_up(rows, 32);
    at::Tensor turned = at::zeros({columns, row}, at::kBFloat16).fill_(7);
    transpose_kernel()(matrix.const_data_ptr<c10::BFloat16>(), columns, rows, columns,
                       turned.mutable_data_ptr<c10::BFloat16>(), row);
    const at::Tensor zeros = at::zeros({columns, row - rows}, at::kBFloat16);
    EXPECT_TRUE(at::equal(turned, at::cat({matrix.t(), zeros}, 1))) << rows << ", " << columns;
  }
}

TEST(Bf16Products, AreNotFurtherFromDoublePrecisionThanLibTorchs) {
  for (const BlockEngine engine : engines()) {
    for (const auto& [rows, inputs, outputs] :
         {std::tuple{7, 5, 3}, {34, 48, 40}, {100, 192, 96}, {130, 80, 200}}) {
      const at::Tensor x = low(float_numbers({rows, inputs}, 1)),
                       outer = low(float_numbers({rows, outputs}, 4));
      const at::Tensor weight = low(float_numbers({outputs, inputs}, 2)),
                       bias = float_numbers({outputs}, 3);
      const at::Tensor exact_x = x.to(at::kDouble), exact_weight = weight.to(at::kDouble);
      const at::Tensor exact_outer = outer.to(at::kDouble);
      const auto expect_exact = [&](const at::Tensor& found, const at::Tensor& libtorch,
                                    const at::Tensor& expected) {
        EXPECT_LE(error_of(found, expected), 1.01 * error_of(libtorch, expected) + 1e-7)
            << static_cast<int>(engine) << ": " << rows << ", " << inputs << ", " << outputs;
      };
      const ChosenEngine chosen(engine);
      expect_exact(packed_linear(x, packed_weight(weight), bias), at::linear(x, weight, low(bias)),
                   at::linear(exact_x, exact_weight, bias.to(at::kDouble)));
      expect_exact(packed_input_gradient(outer, packed_rows(weight)), at::mm(outer, weight),
                   at::mm(exact_outer, exact_weight));
      const at::Tensor gradient = float_numbers({outputs, inputs}, 5), before = gradient.clone();
      add_packed_weight_gradient(gradient, outer, x);
      expect_exact(gradient, before + at::mm(outer.t(), x),
                   before.to(at::kDouble) + at::mm(exact_outer.t(), exact_x));
    }
  }
}

TEST(Bf16Products, AddABranchWithItsScale) {
  for (const BlockEngine engine : engines()) {
    const ChosenEngine chosen(engine);
    const at::Tensor residual = float_numbers({3, 11, 20}, 1),
                     x = low(float_numbers({3, 11, 40}, 2));
    const at::Tensor weight = low(float_numbers({20, 40}, 3)), bias = float_numbers({20}, 4);
    const at::Tensor scale = float_numbers({3}, 5);
    const at::Tensor found = packed_added(residual, x, packed_weight(weight), bias, scale);
    const at::Tensor branch =
        at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
    const at::Tensor expected =
        residual.to(at::kDouble) + branch * scale.to(at::kDouble).view({3, 1, 1});
    EXPECT_LT(error_of(found, expected), 1e-6);
  }
}

TEST(Bf16Products, TheActivationSeesWhatIsKept) {
  for (const BlockEngine engine : engines()) {
    const ChosenEngine chosen(engine);
    const at::Tensor x = low(float_numbers({35, 24}, 1)), weight = low(float_numbers({44, 24}, 2));
    const PackedMatrix packed = packed_weight(weight);
    const auto with = packed_activated(x, packed, {}, ResultKind::gelu, /*with_hidden=*/true);
    const auto without = packed_activated(x, packed, {}, ResultKind::gelu, /*with_hidden=*/false);
    EXPECT_TRUE(at::equal(with.activated, without.activated));
    EXPECT_FALSE(without.hidden.defined());
    EXPECT_TRUE(at::equal(with.hidden, packed_linear(x, packed, {})));
    EXPECT_LT(error_of(with.activated, at::gelu(with.hidden.to(at::kDouble))), 5e-3);
  }
}

/// All that is summed: a product, gradients of weight and bias.
std::vector<at::Tensor> all_sums() {
  const at::Tensor x = low(float_numbers({2500, 40}, 1)), outer = low(float_numbers({2500, 24}, 2));
  const at::Tensor weight = low(float_numbers({24, 70}, 3)),
                   hidden = low(float_numbers({2500, 70}, 4));
  const at::Tensor gradient = at::zeros({24, 40}), bias_gradient = at::zeros({70});
  add_packed_weight_gradient(gradient, outer, x);
  const auto [of_hidden, activated] = packed_activated_gradient(
      outer, packed_rows(weight), hidden, ResultKind::gelu_backward, bias_gradient);
  return {gradient, bias_gradient, of_hidden, activated};
}

TEST(Bf16Products, ThreadsChangeNoBit) {
  const ChosenEngine chosen(engines().back());
  std::vector<at::Tensor> of_one;
  for (const int count : {1, 2, 3, 7}) {
    const ThreadCount threads(count);
    const std::vector<at::Tensor> found = all_sums();
    if (of_one.empty()) of_one = found;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(at::equal(found[i], of_one[i])) << count << " threads, " << i;
    }
  }
}

TEST(Bf16Products, ThePartsOfAProductHaveItsBits) {
  for (const BlockEngine engine : engines()) {
    const ChosenEngine chosen(engine);
    const at::Tensor x = low(float_numbers({201, 900}, 1)),
                     weight = low(float_numbers({90, 900}, 2));
    const PackedMatrix packed = packed_weight(weight);
    const at::Tensor whole = packed_linear(x, packed, {});
    EXPECT_TRUE(at::equal(packed_linear(x.narrow(0, 100, 7), packed, {}), whole.narrow(0, 100, 7)));
    EXPECT_TRUE(at::equal(packed_linear(x, packed_weight(weight.narrow(0, 33, 5)), {}),
                          whole.narrow(1, 33, 5)));
  }
}

/// oneDNN gives the tile registers back behind its products.
TEST(Bf16Products, AProductOfLibTorchInBetweenDoesNoHarm) {
  if (!runtime::cpu_has_fast_bf16()) GTEST_SKIP() << "LibTorch would take minutes";
  const ChosenEngine chosen(engines().back());
  const at::Tensor x = low(float_numbers({128, 256}, 1)),
                   weight = low(float_numbers({256, 256}, 2));
  const at::Tensor first = ops::linear(x, weight, {});
  const at::Tensor between = at::linear(x, weight);
  EXPECT_TRUE(at::equal(ops::linear(x, weight, {}), first));
  EXPECT_LT(error_of(first, between.to(at::kDouble)), 1e-2);
}

TEST(Bf16Products, AreLibTorchsWhereThatIsChosen) {
  const ChosenEngine chosen(BlockEngine::emulated_tiles);
  EXPECT_TRUE(multiplies_bf16());
  use_product_library(ProductLibrary::libtorch);
  EXPECT_FALSE(multiplies_bf16());
  use_product_library(ProductLibrary::own);
}

TEST(Bf16Products, FollowTheKernelLevel) {
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    const bool has_products = level >= simd::KernelLevel::avx512_bf16;
    EXPECT_EQ(multiplies_bf16(), has_products) << name(level);
  }
  simd::use_kernel_level("auto");
}

TEST(EmulatedTiles, HaveToBeConfigured) {
  EXPECT_THROW(EmulatedTiles::zero<0>(), std::logic_error);
  EmulatedTiles::configure();
  EXPECT_NO_THROW(EmulatedTiles::zero<0>());
  EmulatedTiles::release();
  EXPECT_THROW((EmulatedTiles::dot<0, 1, 2>()), std::logic_error);
}

/// sums[m][n] += Σ left[m][2p]·right[p][2n] + left[m][2p+1]·right[p][2n+1], in integers.
TEST(EmulatedTiles, MultiplyPairs) {
  std::vector<c10::BFloat16> left(512), right(512);
  std::vector<float> sums(256, 3.0F);
  for (int i = 0; i < 512; ++i) {
    left[static_cast<std::size_t>(i)] = static_cast<float>(i % 7 - 3);
    right[static_cast<std::size_t>(i)] = static_cast<float>(i % 5 - 2);
  }
  EmulatedTiles::configure();
  EmulatedTiles::load<0>(sums.data(), 64);
  EmulatedTiles::load<1>(left.data(), 64);
  EmulatedTiles::load<2>(right.data(), 64);
  EmulatedTiles::dot<0, 1, 2>();
  EmulatedTiles::store<0>(sums.data(), 64);
  EmulatedTiles::release();
  for (int m = 0; m < 16; ++m) {
    for (int n = 0; n < 16; ++n) {
      float expected = 3.0F;
      for (int k = 0; k < 32; ++k) {
        expected += static_cast<float>(left[static_cast<std::size_t>(m * 32 + k)]) *
                    static_cast<float>(right[static_cast<std::size_t>(k / 2 * 32 + 2 * n + k % 2)]);
      }
      ASSERT_EQ(sums[static_cast<std::size_t>(m * 16 + n)], expected) << m << ", " << n;
    }
  }
}

TEST(BlockKernels, OfNoEngineAreRefused) {
  EXPECT_THROW(block_kernels(BlockEngine::none), Error);
}

}  // namespace
}  // namespace dbot::ops
