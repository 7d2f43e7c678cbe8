#include "dbot/ops/top_fraction_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "tests/ops/operation_table.h"

namespace dbot::ops {
namespace {

at::Tensor drawn_scores(std::vector<std::int64_t> shape, std::uint64_t seed = 1) {
  return table_numbers(shape, seed).to(at::kFloat);
}

TEST(TopFractionMask, CountsAsTheReferenceDoes) {
  EXPECT_EQ(left_out(10, 0.9), 0);  // 1 − 0.9 is a little below 0.1
  EXPECT_EQ(left_out(10, 0.1), 9);
  EXPECT_EQ(left_out(45, 0.5), 22);
  EXPECT_EQ(left_out(7, 1.0), 0);
  EXPECT_EQ(left_out(7, 0.0), 7);
}

TEST(TopFractionMask, BothWaysAgreeAlsoOnTies) {
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  const float infinite = std::numeric_limits<float>::infinity();
  const at::Tensor rounded = (drawn_scores({1000}) * 4).round() / 4;  // many ties
  const at::Tensor odd = at::tensor({0.0F, -0.0F, infinite, -infinite, nothing, 1e-42F, -1e-42F,
                                     1.0F, -1.0F, 1.0F, 3.4e38F, -2e-38F});
  for (const at::Tensor& scores :
       {drawn_scores({1}), drawn_scores({17, 3, 3, 3}), drawn_scores({4096}), rounded, odd,
        at::zeros({33}), at::full({64}, -2.5)}) {
    for (const double density : {0.0, 0.01, 0.1, 0.25, 0.5, 0.9, 1.0}) {
      const std::int64_t count = left_out(scores.numel(), density);
      const at::Tensor fast = top_mask_cpu(scores, count);
      EXPECT_TRUE(at::equal(fast, top_mask_reference(scores, count)))
          << scores.numel() << " at " << density;
      EXPECT_EQ(fast.sum().item<std::int64_t>(), scores.numel() - count);
    }
  }
}

TEST(TopFractionMask, OfEqualOnesTheFirstAreLeftOut) {
  const at::Tensor scores = at::tensor({1.0F, -1.0F, 2.0F, 1.0F, 0.5F});
  const at::Tensor expected = at::tensor({0, 0, 1, 1, 0}).to(at::kBool);
  EXPECT_TRUE(at::equal(top_fraction_mask(scores, 0.4), expected));
}

TEST(TopFractionMask, ADensityAbove0LeavesEveryLayerAWeight) {
  constexpr double kLeastOfARecipe = 1e-6;
  for (const std::int64_t elements : {1, 2, 10, 1000, 1 << 24}) {
    EXPECT_LT(left_out(elements, kLeastOfARecipe), elements);
  }
}

TEST(TopFractionMask, RefusesADensityThatIsNone) {
  for (const double density : {-0.1, 1.1, std::nan("")}) {
    EXPECT_THROW(top_fraction_mask(at::ones({3}), density), Error) << density;
  }
}

TEST(Supermasked, GradientsGoStraightThrough) {
  const at::Tensor outer = drawn_scores({5, 7}, 3);
  const auto gradients = [&](auto way) {
    const at::Tensor weight = drawn_scores({5, 7}, 1).requires_grad_(true);
    at::Tensor scores = drawn_scores({5, 7}, 2);
    scores[0].zero_();
    scores.requires_grad_(true);
    const at::Tensor mask = top_fraction_mask(scores, 0.3);
    (way(weight, scores, mask) * outer).sum().backward();
    return Tensors{weight.grad(), scores.grad(), mask, weight.detach(), scores.detach()};
  };
  const Tensors fast = gradients(supermasked_cpu), plain = gradients(supermasked_reference);
  EXPECT_TRUE(at::equal(fast[0], plain[0]));
  EXPECT_TRUE(at::equal(fast[1], plain[1]));
  EXPECT_TRUE(at::equal(fast[0], outer * fast[2].to(at::kFloat)));
  EXPECT_TRUE(at::equal(fast[1], outer * fast[3] * fast[4].sign()));
  EXPECT_TRUE(at::equal(fast[1][0], at::zeros({7}))) << "the sign of 0 is 0";
}

TEST(Supermasked, LeavesNoNegativeZero) {
  const at::Tensor weight = at::full({4}, -3.0);
  const at::Tensor none = at::zeros({4}, at::kBool);
  for (const auto way : {supermasked_cpu, supermasked_reference}) {
    const at::Tensor used = way(weight, at::ones({4}), none);
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_FALSE(std::signbit(used[i].item<float>()));
  }
}

TEST(Supermasked, RefusesOtherShapes) {
  const at::Tensor weight = at::ones({2, 3}), mask = at::ones({2, 3}, at::kBool);
  EXPECT_THROW(supermasked(weight, at::ones({3, 2}), mask), Error);
  EXPECT_THROW(supermasked(weight, at::ones({2, 3}), mask[0]), Error);
}

}  // namespace
}  // namespace dbot::ops
