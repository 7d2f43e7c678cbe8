#include "dbot/ops/transformer_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/ops/patchify.h"

namespace dbot::ops {
namespace {

/// Numbers without pattern, the same on every machine.
at::Tensor numbers(std::vector<std::int64_t> shape, double phase) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  return (at::arange(count, at::kDouble) * 12.9898 + phase)
      .sin()
      .mul(0.5)
      .to(at::kFloat)
      .view(shape);
}

TransformerBlockWeights small_weights() {
  return {1 + numbers({8}, 1), numbers({8}, 2),   numbers({24, 8}, 3),  numbers({24}, 4),
          numbers({8, 8}, 5),  numbers({8}, 6),   1 + numbers({8}, 7),  numbers({8}, 8),
          numbers({16, 8}, 9), numbers({16}, 10), numbers({8, 16}, 11), numbers({8}, 12)};
}

double relative_error(const at::Tensor& ours, const at::Tensor& expected) {
  return ((ours - expected).norm() / expected.norm()).item<double>();
}

TEST(TransformerBlock, GradientIsTheSlope) {
  TransformerBlockWeights weights = small_weights();
  const TransformerBlockOptions options{.heads = 2};
  const at::Tensor x = numbers({2, 5, 8}, 0).requires_grad_(true);
  weights.qkv_weight.requires_grad_(true);
  transformer_block(x, weights, options, {}).pow(2).sum().backward();
  const auto loss = [&](const at::Tensor& input) {
    return transformer_block(input, small_weights(), options, {}).pow(2).sum().item<double>();
  };
  const at::Tensor direction = numbers({2, 5, 8}, 20);
  const double step = 3e-3;
  const at::Tensor at_x = x.detach();
  const double slope = (loss(at_x + direction * step) - loss(at_x - direction * step)) / (2 * step);
  EXPECT_NEAR((x.grad() * direction).sum().item<double>(), slope, 2e-3 * std::abs(slope));
  EXPECT_GT(weights.qkv_weight.grad().abs().sum().item<double>(), 0);
}

TEST(TransformerBlock, DroppedBranchesLeaveTheSampleAsItIs) {
  const at::Tensor x = numbers({2, 5, 8}, 0);
  const at::Tensor scale = at::tensor({0.f, 2.f});
  const at::Tensor y = transformer_block(x, small_weights(), {.heads = 2}, {scale, scale});
  EXPECT_TRUE(at::equal(y[0], x[0]));
  EXPECT_FALSE(at::equal(y[1], x[1]));
}

TEST(TransformerBlock, LowPrecisionStaysNearFloat) {
  const at::Tensor x = numbers({2, 5, 8}, 0);
  const at::Tensor exact = transformer_block(x, small_weights(), {.heads = 2}, {});
  const at::Tensor low =
      transformer_block(x, small_weights(), {.heads = 2, .compute = at::kBFloat16}, {});
  EXPECT_EQ(low.scalar_type(), at::kFloat);
  EXPECT_LT(relative_error(low, exact), 2e-2);
  EXPECT_GT(relative_error(low, exact), 1e-6);
}

TEST(Patchify, OrdersRowColumnChannelAndInverts) {
  const at::Tensor images = at::arange(2 * 3 * 4 * 6, at::kFloat).view({2, 3, 4, 6});
  const at::Tensor patches = patchify(images, 2);
  ASSERT_EQ(patches.sizes(), (at::IntArrayRef{2, 6, 12}));
  // Patch 4 is row 1, column 1; its value 7 is row 1, column 0, channel 1.
  EXPECT_EQ(patches[0][4][7].item<float>(), images[0][1][3][2].item<float>());
  EXPECT_TRUE(at::equal(unpatchify(patches, 2, 2, 3, 3), images));
  EXPECT_THROW(patchify(images, 4), Error);
  EXPECT_THROW(unpatchify(patches, 2, 3, 3, 3), Error);
}

}  // namespace
}  // namespace dbot::ops
