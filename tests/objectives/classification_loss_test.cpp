#include "dbot/objectives/classification_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dbot::objectives {
namespace {

TEST(SoftTargetCrossEntropy, IsTheNegativeLogLikelihoodOfASureTarget) {
  const auto logits = at::tensor({1.0F, 2.0F, 4.0F, 0.0F, 0.0F, 0.0F}).reshape({2, 3});
  const auto targets = at::tensor({0.0F, 0.0F, 1.0F, 0.5F, 0.5F, 0.0F}).reshape({2, 3});
  const double first = std::log(std::exp(-3.0) + std::exp(-2.0) + 1), second = std::log(3.0);
  EXPECT_NEAR(soft_target_cross_entropy(logits, targets).item().toDouble(), (first + second) / 2,
              1e-6);
}

TEST(LabelSmoothingCrossEntropy, IsTheSoftTargetsOfItsSmoothing) {
  const auto logits = at::tensor({1.0F, 2.0F, 4.0F, 0.3F, -1.0F, 0.2F}).reshape({2, 3});
  const auto labels = at::tensor({2, 0}, at::kLong);
  const float off = 0.1F, on = 0.8F;  // of 0.3
  const auto targets = at::tensor({off, off, on, on, off, off}).reshape({2, 3});
  EXPECT_NEAR(label_smoothing_cross_entropy(logits, labels, 0.3).item().toDouble(),
              soft_target_cross_entropy(logits, targets).item().toDouble(), 1e-6);
}

}  // namespace
}  // namespace dbot::objectives
