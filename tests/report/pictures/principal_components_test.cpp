#include "dbot/report/pictures/components/principal_components.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/report/pictures/components/component_colours.h"

namespace dbot::report {
namespace {

/// Points on two axes through (1, 2, 3): ±4 along (3, 4, 0)/5 and ±1 along (0, 0, −1).
at::Tensor cross() {
  return at::tensor({1 + 2.4, 2 + 3.2, 3.0, 1 - 2.4, 2 - 3.2, 3.0, 1.0, 2.0, 4.0, 1.0, 2.0, 2.0},
                    at::kDouble)
      .view({4, 3});
}

TEST(PrincipalComponents, OfAKnownMatrix) {
  const PrincipalComponents found = fit_principal_components(cross(), 2);
  EXPECT_NEAR(found.mean[1].item<double>(), 2, 1e-12);
  // Two of four points at distance 4, two at distance 1, divisor 3.
  EXPECT_NEAR(found.variances[0].item<double>(), 32.0 / 3, 1e-10);
  EXPECT_NEAR(found.variances[1].item<double>(), 2.0 / 3, 1e-10);
  EXPECT_NEAR(found.directions[0][0].item<double>(), 0.6, 1e-10);
  EXPECT_NEAR(found.directions[0][1].item<double>(), 0.8, 1e-10);
  EXPECT_NEAR(found.directions[1][2].item<double>(), 1, 1e-10);  // the sign is fixed
  const at::Tensor places = found.project(cross());
  EXPECT_NEAR(places[0][0].item<double>(), 4, 1e-10);
  EXPECT_NEAR(places[3][1].item<double>(), -1, 1e-10);
}

TEST(PrincipalComponents, AtMostTheWidth) {
  EXPECT_EQ(fit_principal_components(cross(), 50).directions.size(0), 3);
}

TEST(PrincipalComponents, RefusesWhatIsNotFinite) {
  at::Tensor rows = cross();
  rows[1][1] = std::numeric_limits<double>::infinity();
  EXPECT_THROW(fit_principal_components(rows, 2), Error);
  EXPECT_THROW(effective_rank(rows), Error);
}

TEST(EffectiveRank, CountsDirectionsThatVaryAlike) {
  // ± unit vectors of four axes: four equal singular values.
  const at::Tensor axes = at::eye(4, at::kDouble);
  const at::Tensor rows = at::zeros({8, 6}, at::kDouble);
  rows.narrow(0, 0, 4).narrow(1, 0, 4).copy_(axes);
  rows.narrow(0, 4, 4).narrow(1, 0, 4).copy_(-axes);
  EXPECT_NEAR(effective_rank(rows), 4, 1e-9);
  EXPECT_NEAR(effective_rank(rows + 100), 4, 1e-6);  // the mean does not count
  EXPECT_NEAR(effective_rank(rows.t().contiguous().t()), 4, 1e-9);
}

TEST(EffectiveRank, OfUnequalSingularValuesIsTheExpOfTheirEntropy) {
  // Singular values √32 and √2: shares 0.8 and 0.2.
  const double entropy = -0.8 * std::log(0.8) - 0.2 * std::log(0.2);
  EXPECT_NEAR(effective_rank(cross()), std::exp(entropy), 1e-9);
}

TEST(EffectiveRank, OfACollapsedNetworkIsZero) {
  EXPECT_EQ(effective_rank(at::full({5, 3}, 0.25)), 0);
}

TEST(ComponentColours, StretchTheFirstComponentOverRed) {
  const ComponentColours colours(cross());
  const data::Image image = colours.paint(cross(), {2, 2});
  EXPECT_EQ(image.pixels[0], 255);  // +4 along the first direction
  EXPECT_EQ(image.pixels[3], 0);    // −4
  EXPECT_EQ(image.pixels[6], 128);  // the middle
  EXPECT_EQ(image.pixels[7], 255);  // +1 along the second
  EXPECT_EQ(image.pixels[10], 0);   // −1
  // Beyond the range that was seen there is no further colour.
  const data::Image far = colours.paint(at::full({1, 3}, 1e6), {1, 1});
  EXPECT_EQ(far.pixels[0], 255);
}

}  // namespace
}  // namespace dbot::report
