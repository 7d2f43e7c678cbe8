#include "dbot/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"

namespace dbot::optim {
namespace {

ParameterGroup group(std::int64_t size, double value, double gradient, double decay) {
  return {at::full({size}, value), at::full({size}, gradient), decay, 1.0};
}

TEST(AdamW, FollowsTheFormula) {
  const double rate = 0.1, decay = 0.05, beta1 = 0.9, beta2 = 0.95;
  const ParameterGroup parameters = group(40, 1.0, 0.0, decay);
  AdamW optimizer({parameters}, {});
  double value = 1, first = 0, second = 0;
  for (int step = 1; step <= 5; ++step) {
    const double gradient = 0.3 * step - 0.7;
    parameters.gradients.fill_(gradient);
    optimizer.step(rate);
    value *= 1 - rate * decay;
    first = beta1 * first + (1 - beta1) * gradient;
    second = beta2 * second + (1 - beta2) * gradient * gradient;
    const double corrected = std::sqrt(second / (1 - std::pow(beta2, step))) + 1e-8;
    value -= rate * first / (1 - std::pow(beta1, step)) / corrected;
    EXPECT_NEAR(parameters.values.min().item<double>(), value, 1e-5);
    EXPECT_NEAR(parameters.values.max().item<double>(), value, 1e-5);
  }
  EXPECT_EQ(optimizer.steps(), 5);
}

TEST(AdamW, AZeroRateMovesMomentsAlone) {
  const ParameterGroup parameters = group(16, 1.0, 0.5, 0.05);
  AdamW optimizer({parameters}, {});
  optimizer.step(0.0);
  EXPECT_EQ(parameters.values.min().item<float>(), 1);
  EXPECT_GT(optimizer.exp_avg().min().item<float>(), 0);
}

TEST(AdamW, ClipsByScalingGradients) {
  const ParameterGroup clipped = group(64, 0.0, 3.0, 0), scaled = group(64, 0.0, 1.5, 0);
  AdamW a({clipped}, {}), b({scaled}, {});
  a.step(0.1, 0.5);
  b.step(0.1);
  EXPECT_TRUE(at::equal(a.exp_avg(), b.exp_avg()));
  EXPECT_TRUE(at::equal(clipped.values, scaled.values));
  EXPECT_DOUBLE_EQ(Optimizer::clip_scale(10, 0), 1);
  EXPECT_DOUBLE_EQ(Optimizer::clip_scale(1, 3), 1);
  EXPECT_NEAR(Optimizer::clip_scale(6, 3), 0.5, 1e-6);
}

TEST(AdamW, LeavesClearGradients) {
  const ParameterGroup first = group(16, 1.0, 0.5, 0.05), second = group(33, 1.0, 0.5, 0);
  AdamW({first, second}, {}).step(0.1, 0.5);
  EXPECT_EQ(first.gradients.abs().max().item<double>(), 0);
  EXPECT_EQ(second.gradients.abs().max().item<double>(), 0);
}

TEST(AdamW, NormOverAllGroupsIsExactEnough) {
  const ParameterGroup small = group(16, 0, 2.0, 0), large = group(3 * 4096 + 48, 0, 0.1, 0);
  large.gradients.copy_(at::rand({3 * 4096 + 48}));
  const double expected =
      std::sqrt(16 * 4.0 + large.gradients.to(at::kDouble).pow(2).sum().item<double>());
  AdamW optimizer({small, large}, {});
  EXPECT_NEAR(optimizer.gradient_norm(), expected, 1e-6 * expected);
  large.gradients[5].fill_(std::nanf(""));
  EXPECT_TRUE(std::isnan(optimizer.gradient_norm()));
}

TEST(AdamW, StateGoesRoundAndSurvivesNewGroups) {
  const ParameterGroup first = group(32, 1.0, 0.5, 0), second = group(32, 1.0, 0.5, 0);
  AdamW a({first}, {}), b({second}, {});
  a.step(0.1);
  b.load_state(a.state());
  EXPECT_EQ(b.steps(), 1);
  EXPECT_TRUE(at::equal(a.exp_avg_sq(), b.exp_avg_sq()));
  b.rebind({group(32, 5.0, 0.5, 0)});
  EXPECT_TRUE(at::equal(a.exp_avg(), b.exp_avg()));
  EXPECT_THROW(b.rebind({group(16, 5.0, 0.5, 0)}), Error);
  EXPECT_THROW(b.load_state({}), Error);
}

TEST(PretrainingGroups, DecayMatricesAlone) {
  nn::ParameterStore store({{.name = "weight", .shape = {2, 2}}, {.name = "bias", .shape = {3}}});
  const auto groups = pretraining_groups(store, 0.05);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].weight_decay, 0);
  EXPECT_EQ(groups[1].weight_decay, 0.05);
  EXPECT_EQ(groups[1].values.const_data_ptr<float>(), store.at("weight").const_data_ptr<float>());
  store.freeze();
  EXPECT_THROW(pretraining_groups(store, 0.05), Error);
}

}  // namespace
}  // namespace dbot::optim
