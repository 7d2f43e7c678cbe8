#include "dbot/report/metrics/expected_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace dbot::report {
namespace {

double loss_of(const std::string& kind, double beta, double difference) {
  const double size = std::abs(difference);
  if (kind == "mse" || kind == "l2") return size * size;
  if (kind == "l1") return size;
  return size < beta ? size * size / (2 * beta) : size - beta / 2;
}

// The formulas against plain simulation: normal targets, a constant prediction or a random one.
TEST(ExpectedLoss, EqualsTheMeanOverManyDraws) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (const auto& [kind, beta] : {std::pair("mse", 2.0),
                                   {"l2", 2.0},
                                   {"l1", 2.0},
                                   {"smooth_l1", 2.0},
                                   {"smooth_l1", 1.0},
                                   {"smooth_l1", 0.1}}) {
    double constant = 0, highest = 0;
    const int draws = 400'000;
    for (int i = 0; i < draws; ++i) {
      const double target = normal(random);
      constant += loss_of(kind, beta, target) / draws;
      highest += loss_of(kind, beta, std::sqrt(2.0) * normal(random) - target) / draws;
    }
    const auto expected = expected_loss(kind, "token", beta);
    ASSERT_TRUE(expected);
    EXPECT_NEAR(expected->constant, constant, 0.01 * constant) << kind << beta;
    EXPECT_NEAR(expected->first_high, 1.2 * highest, 0.012 * highest) << kind << beta;
    EXPECT_LT(expected->first_low, expected->constant);
  }
}

TEST(ExpectedLoss, KnowsTheRecipesOwnObjectives) {
  EXPECT_NEAR(expected_loss("smooth_l1", "token", 2)->constant, 0.2471, 1e-4);
  EXPECT_NEAR(expected_loss("mse", "patch", 2)->constant, 1, 1e-12);
  EXPECT_EQ(expected_loss("cosine", "none", 2)->constant, 1);
  EXPECT_EQ(expected_loss("smooth_l1", "layer_norm", 1)->constant,
            expected_loss("smooth_l1", "variance", 1)->constant);
  EXPECT_FALSE(expected_loss("smooth_l1", "l2", 1));
}

TEST(ExpectedLoss, SaysNothingWhereTheScaleIsOpen) {
  EXPECT_FALSE(expected_loss("mse", "none", 2));
  EXPECT_FALSE(expected_loss("unheard of", "token", 2));
  EXPECT_FALSE(expected_loss("smooth_l1", "token", 0));
  EXPECT_FALSE(expected_loss("", "", 0));
}

}  // namespace
}  // namespace dbot::report
