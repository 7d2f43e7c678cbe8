#include "dbot/report/metrics/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dbot::report {
namespace {

std::vector<double> values_of(const Curve& curve) {
  std::vector<double> values;
  for (const Curve::Point& point : curve.points()) values.push_back(point.y);
  return values;
}

TEST(Curve, KeepsShortRunsAsTheyAre) {
  Curve curve;
  for (int step = 1; step <= 2000; ++step) curve.add(step, 1.0 / step);
  const auto points = curve.points();
  ASSERT_EQ(points.size(), 2000u);
  EXPECT_EQ(curve.stride(), 1);
  for (std::size_t i = 0; i < points.size(); ++i) {
    ASSERT_EQ(points[i].x, static_cast<double>(i + 1));
    ASSERT_EQ(points[i].y, 1.0 / static_cast<double>(i + 1));
  }
}

TEST(Curve, ThinsOutLongRunsAndKeepsTheirExtremes) {
  for (const int steps : {2001, 4001, 99'999, 1'000'000}) {
    Curve curve;
    const int low = steps / 3, high = steps / 2;
    for (int step = 1; step <= steps; ++step) {
      curve.add(step, step == low ? -5 : step == high ? 9 : std::sin(step));
    }
    const auto points = curve.points();
    EXPECT_LE(points.size(), Curve::kMostPoints);
    EXPECT_GE(points.size(), Curve::kMostPoints / 4) << "no more is lost than has to be";
    EXPECT_EQ(points.front().x, 1);
    EXPECT_EQ(points.back().x, steps);
    EXPECT_THAT(values_of(curve), testing::Contains(-5));
    EXPECT_THAT(values_of(curve), testing::Contains(9));
    for (std::size_t i = 1; i < points.size(); ++i) ASSERT_LT(points[i - 1].x, points[i].x);
  }
}

TEST(Curve, MeansWeighEveryStepOnce) {
  Curve curve;
  double sum = 0;
  for (int step = 1; step <= 50'000; ++step) {
    curve.add(step, step % 7);
    sum += step % 7;
  }
  double of_means = 0;
  std::int64_t count = 0;
  for (const Curve::Mean& mean : curve.means()) {
    of_means += mean.y * static_cast<double>(mean.count);
    count += mean.count;
  }
  EXPECT_EQ(count, 50'000);
  EXPECT_NEAR(of_means, sum, 1e-6 * sum);
}

TEST(Curve, ValuesThatAreNotFiniteAreGapsAndNeverHideNumbers) {
  Curve curve;
  for (int step = 1; step <= 10'000; ++step) {
    curve.add(step, step % 2 == 0 ? std::nan("") : step == 5001 ? INFINITY : 1.0);
  }
  for (const Curve::Mean& mean : curve.means()) EXPECT_EQ(mean.y, 1.0);
  std::size_t gaps = 0;
  for (const double value : values_of(curve)) gaps += std::isnan(value) ? 1 : 0;
  EXPECT_LE(gaps, 1u) << "only the last point of all";

  Curve nothing;
  nothing.add(1, std::nan(""));
  EXPECT_TRUE(nothing.means().empty());
  ASSERT_EQ(nothing.points().size(), 1u);
  EXPECT_TRUE(std::isnan(nothing.points()[0].y));
  EXPECT_TRUE(Curve().points().empty());
}

}  // namespace
}  // namespace dbot::report
