#include "dbot/report/pictures/map/tsne.h"

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

/// Twelve tight groups of five points.
constexpr std::size_t kGroups = 12, kEach = 5;

std::vector<double> groups() {
  core::Random random({12, core::Purpose::pictures});
  std::vector<double> points;
  for (std::size_t group = 0; group < kGroups; ++group) {
    double centre[kWidth];
    for (double& value : centre) value = 10 * random.normal();
    for (std::size_t i = 0; i < kEach; ++i) {
      for (const double value : centre) points.push_back(value + 0.1 * random.normal());
    }
  }
  return points;
}

/// How many points have one of their own group nearest in the plane; `group` names each point's.
std::size_t at_home(const std::vector<double>& places, const std::vector<std::size_t>& group) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::size_t best = i == 0 ? 1 : 0;
    for (std::size_t j = 0; j < group.size(); ++j) {
      if (j != i && distance(places, i, j) < distance(places, i, best)) best = j;
    }
    count += group[i] == group[best] ? 1 : 0;
  }
  return count;
}

// Sums in another order differ in their last bits, and the descent spreads such differences: places
// are not the same to the digit, but what is near stays near.
TEST(Tsne, GroupsStayTogetherInWhateverOrderTheyCome) {
  const auto points = groups();
  constexpr std::size_t count = kGroups * kEach;
  for (const std::size_t stride : {1, 7, 59}) {  // without a divisor in common with 60
    std::vector<double> turned;
    std::vector<std::size_t> group;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = i * stride % count;
      group.push_back(row / kEach);
      turned.insert(turned.end(), points.begin() + static_cast<std::ptrdiff_t>(row * kWidth),
                    points.begin() + static_cast<std::ptrdiff_t>((row + 1) * kWidth));
    }
    EXPECT_EQ(at_home(tsne(turned, count, {.perplexity = 4}, {}), group), count) << stride;
  }
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
