#include "dbot/report/pictures/tsne.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "dbot/core/error.h"
#include "dbot/core/random.h"

namespace dbot::report {
namespace {

constexpr std::size_t kWidth = 5;

/// Two clouds far apart, the points of the second behind those of the first.
std::vector<double> clouds(std::size_t each) {
  core::Random random({11, core::Purpose::pictures});
  std::vector<double> points;
  for (std::size_t i = 0; i < 2 * each; ++i) {
    for (std::size_t k = 0; k < kWidth; ++k) {
      points.push_back(random.normal() + (i >= each && k == 2 ? 30 : 0));
    }
  }
  return points;
}

double distance(const std::vector<double>& places, std::size_t i, std::size_t j) {
  return std::hypot(places[2 * i] - places[2 * j], places[2 * i + 1] - places[2 * j + 1]);
}

TEST(Tsne, SeparatesCloudsThatAreFarApart) {
  constexpr std::size_t each = 40;
  const auto places = tsne(clouds(each), 2 * each, {}, {});
  double widest = 0, gap = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < 2 * each; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      ASSERT_TRUE(std::isfinite(distance(places, i, j)));
      const bool together = (i < each) == (j < each);
      if (together) widest = std::max(widest, distance(places, i, j));
      if (!together) gap = std::min(gap, distance(places, i, j));
    }
  }
  EXPECT_GT(gap, 0.5 * widest);
}

TEST(Tsne, EqualInputGivesEqualPlaces) {
  const auto points = clouds(20);
  EXPECT_EQ(tsne(points, 40, {}, {}), tsne(points, 40, {}, {}));
}

/// The nearest neighbour in the plane of each point.
std::vector<std::size_t> nearest(const std::vector<double>& places) {
  const std::size_t count = places.size() / 2;
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t best = i == 0 ? 1 : 0;
    for (std::size_t j = 0; j < count; ++j) {
      if (j != i && distance(places, i, j) < distance(places, i, best)) best = j;
    }
    result.push_back(best);
  }
  return result;
}

// Sums in another order differ in their last bits, and the descent spreads such differences; what
// is near stays near.
TEST(Tsne, TheOrderOfThePointsHardlyMatters) {
  constexpr std::size_t count = 60;
  const auto points = clouds(count / 2);
  std::vector<double> turned;
  for (std::size_t i = count; i-- > 0;) {
    turned.insert(turned.end(), points.begin() + static_cast<std::ptrdiff_t>(i * kWidth),
                  points.begin() + static_cast<std::ptrdiff_t>((i + 1) * kWidth));
  }
  const auto first = nearest(tsne(points, count, {}, {}));
  const auto second = nearest(tsne(turned, count, {}, {}));
  std::size_t same = 0;
  for (std::size_t i = 0; i < count; ++i) {
    same += first[i] == count - 1 - second[count - 1 - i] ? 1 : 0;
  }
  EXPECT_GE(same, count * 8 / 10);
}

TEST(Tsne, FewAndEqualPointsAreNoTrouble) {
  EXPECT_TRUE(tsne({}, 0, {}, {}).empty());
  EXPECT_EQ(tsne(std::vector<double>{1, 2, 3, 4}, 2, {}, {}).size(), 4U);
  for (const double place : tsne(std::vector<double>(40, 0.5), 20, {}, {})) {
    EXPECT_TRUE(std::isfinite(place));
  }
}

TEST(Tsne, StopsOnRequest) {
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(tsne(clouds(10), 20, {}, stop), Stopped);
}

TEST(Tsne, PlacesFillTheUnitSquareWithoutDistortion) {
  std::vector<double> places{-2, 1, 2, 3, 0, 2};
  fit_unit_square(places);
  EXPECT_EQ(places, (std::vector<double>{0, 0.25, 1, 0.75, 0.5, 0.5}));
  std::vector<double> one{7, 7};
  fit_unit_square(one);
  EXPECT_EQ(one, (std::vector<double>{0.5, 0.5}));
}

}  // namespace
}  // namespace dbot::report
