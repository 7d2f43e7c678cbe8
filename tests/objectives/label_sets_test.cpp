// Losses and rewards of several labels: rows made by hand, and gradients by finite differences.
#include "dbot/objectives/label_sets.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace dbot::objectives {
namespace {

at::Tensor table(const std::vector<double>& values, std::int64_t labels) {
  return at::tensor(values, at::kDouble).reshape({-1, labels});
}

double soft(double probability, double threshold) {
  return 1 / (1 + std::exp(-20 * (probability - threshold)));
}

TEST(WeightedBce, IsTheUsualOneWithWeightsOfOne) {
  const at::Tensor logits = table({0.3, -2, 40, 1, -40, 0.5}, 3);
  const at::Tensor truth = table({1, 0, 0, 1, 1, 0}, 3);
  const at::Tensor ones = at::ones({3}, at::kDouble);
  const double usual =
      at::binary_cross_entropy_with_logits(logits, truth).item<double>() * 3;  // a sum over labels
  EXPECT_NEAR(weighted_bce(logits, truth, ones).item<double>(), usual, 1e-9);
}

TEST(SoftF1, IsTheMeanOfMicroAndMacroOfSoftDecisions) {
  const at::Tensor probabilities = table({0.9, 0.2, 0.6, 0.4}, 2), truth = table({1, 0, 0, 1}, 2);
  const at::Tensor thresholds = at::tensor({0.5, 0.3}, at::kDouble);
  const double a = soft(0.9, 0.5), b = soft(0.6, 0.5), c = soft(0.2, 0.3), d = soft(0.4, 0.3);
  const double micro = 2 * (a + d) / (a + b + c + d + 2);
  const double macro = (2 * a / (a + b + 1) + 2 * d / (c + d + 1)) / 2;
  EXPECT_NEAR(label_reward(LabelReward::soft_f1, probabilities, truth, thresholds).item<double>(),
              (micro + macro) / 2, 1e-12);
}

TEST(SoftF1, ALabelThatNeverHoldsIsNoPartOfTheMacroMean) {
  const at::Tensor probabilities = table({0.9, 0.9}, 2), truth = table({1, 0}, 2);
  const at::Tensor thresholds = at::tensor({0.5, 0.5}, at::kDouble);
  const double h = soft(0.9, 0.5);
  EXPECT_NEAR(label_reward(LabelReward::soft_f1, probabilities, truth, thresholds).item<double>(),
              (2 * h / (2 * h + 1) + 2 * h / (h + 1)) / 2, 1e-12);
  const at::Tensor none = table({0, 0}, 2);
  EXPECT_EQ(label_reward(LabelReward::soft_f1, probabilities, none, thresholds).item<double>(), 0);
}

TEST(Rewards, HaveTheGradientOfFiniteDifferences) {
  const at::Tensor probabilities = table({0.9, 0.2, 0.6, 0.4, 0.55, 0.31}, 2);
  const at::Tensor truth = table({1, 0, 0, 1, 1, 0}, 2);
  for (const auto kind : {LabelReward::soft_f1, LabelReward::ratio, LabelReward::balanced}) {
    const at::Tensor thresholds = at::tensor({0.52, 0.33}, at::kDouble).set_requires_grad(true);
    label_reward(kind, probabilities, truth, thresholds).backward();
    for (std::int64_t label = 0; label < 2; ++label) {
      constexpr double kStep = 1e-6;
      const auto at = [&](double by) {
        at::Tensor moved = thresholds.detach().clone();
        moved[label] += by;
        return label_reward(kind, probabilities, truth, moved).item<double>();
      };
      EXPECT_NEAR(thresholds.grad()[label].item<double>(), (at(kStep) - at(-kStep)) / (2 * kStep),
                  1e-7);
    }
  }
}

TEST(Rewards, OfRatiosAreBestAtABound) {
  // Its slope in p keeps its sign, so that no threshold inside the range is best.
  const at::Tensor probabilities = table({0.9, 0.6, 0.2, 0.3}, 1), truth = table({1, 1, 0, 0}, 1);
  const auto reward = [&](double threshold) {
    return label_reward(LabelReward::ratio, probabilities, truth,
                        at::tensor({threshold}, at::kDouble))
        .item<double>();
  };
  EXPECT_GT(reward(0.05), reward(0.45));
  EXPECT_GT(reward(0.45), reward(0.95));
}

TEST(Rewards, ExactF1IsOfDecisions) {
  const at::Tensor probabilities = table({0.9, 0.2, 0.6, 0.3}, 2), truth = table({1, 0, 0, 1}, 2);
  const at::Tensor thresholds = at::tensor({0.5, 0.3}, at::kDouble);
  EXPECT_NEAR(label_reward(LabelReward::exact_f1, probabilities, truth, thresholds).item<double>(),
              2.0 * 2 / (3 + 2), 1e-12)
      << "a score equal to its threshold is said";
}

}  // namespace
}  // namespace dbot::objectives
