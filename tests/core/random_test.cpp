#include "dbot/core/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace dbot::core {
namespace {

using testing::ElementsAre;

// Random123's published known answers (tests/kat_vectors, "philox4x32 10").
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_THAT(philox({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
  EXPECT_THAT(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
              ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
  EXPECT_THAT(
      philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}),
      ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

std::array<std::uint32_t, 4> first_words(const DrawKey& key) {
  Random random(key);
  return {random.next(), random.next(), random.next(), random.next()};
}

TEST(Random, DependsOnEveryPartOfItsKeyAndOnNothingElse) {
  const DrawKey key{.seed = 7, .purpose = Purpose::mask, .stage = 1, .epoch = 2, .sample = 3};
  EXPECT_EQ(first_words(key), first_words(key));
  std::vector<DrawKey> others(7, key);
  others[0].seed = 8;
  others[1].seed = 7 + (std::uint64_t{1} << 32);
  others[2].purpose = Purpose::drop_path;
  others[3].stage = 2;
  others[4].epoch = 3;
  others[5].sample = 4;
  others[6].sample = 3 + (std::uint64_t{1} << 32);
  std::set<std::array<std::uint32_t, 4>> different{first_words(key)};
  for (const DrawKey& other : others) different.insert(first_words(other));
  EXPECT_EQ(different.size(), others.size() + 1);
}

// Runs are reproducible across versions only while these stand. They agree with a second
// implementation of the derivation, in Python's exact integers.
TEST(Random, DrawsAreFrozen) {
  const DrawKey key{.seed = 42, .purpose = Purpose::mask, .stage = 1, .epoch = 2, .sample = 3};
  EXPECT_THAT(first_words(key), ElementsAre(3838935391u, 838709266u, 763482873u, 4013567965u));
  Random random(key);
  EXPECT_EQ(random.uniform(), 0.19527721844935364);
  EXPECT_EQ(random.uniform(-1, 1), 0.8689632253617803);
  EXPECT_EQ(random.uniform_float(), 0.5271679759025574f);
  EXPECT_EQ(random.below(10), 8u);
  EXPECT_EQ(random.below(std::uint64_t{1} << 40), 1016815110882u);
  EXPECT_NEAR(random.normal(), 0.22889825601421002, 1e-14);
  EXPECT_NEAR(random.normal(), 2.5522738064754407, 1e-14);
  EXPECT_THAT(permutation(key, 8), ElementsAre(0, 5, 3, 2, 4, 6, 1, 7));
}

TEST(Random, UniformFillsItsIntervalEvenly) {
  Random random({.seed = 1});
  constexpr int draws = 100000;
  double sum = 0, squares = 0;
  float largest_float = 0;
  for (int i = 0; i < draws; ++i) {
    const double value = random.uniform(2, 4);
    ASSERT_GE(value, 2);
    ASSERT_LT(value, 4);
    sum += value;
    squares += (value - 3) * (value - 3);
    largest_float = std::max(largest_float, random.uniform_float());
  }
  // Deviations of the two means are 0.0018 and 0.00094: five of them.
  EXPECT_NEAR(sum / draws, 3, 0.009);
  EXPECT_NEAR(squares / draws, 1.0 / 3, 0.005);
  EXPECT_LT(largest_float, 1.0f);
  EXPECT_GT(largest_float, 0.999f);
}

TEST(Random, UniformNeverReachesTheUpperBoundByRounding) {
  Random random({.seed = 2});
  const double high = std::nextafter(1.0, 2.0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.uniform(1.0, high), 1.0);
}

TEST(Random, NormalHasItsFirstFourMoments) {
  Random random({.seed = 3});
  constexpr int draws = 200000;
  std::array<double, 4> moments{};
  double previous = 0, correlation = 0;
  for (int i = 0; i < draws; ++i) {
    const double value = random.normal();
    for (int power = 1; power <= 4; ++power) moments[power - 1] += std::pow(value, power) / draws;
    correlation += value * previous / draws;
    previous = value;
  }
  // Five deviations of each mean: sqrt of 1, 2, 15, 96 and 1 over the number of draws.
  EXPECT_NEAR(moments[0], 0, 0.012);
  EXPECT_NEAR(moments[1], 1, 0.016);
  EXPECT_NEAR(moments[2], 0, 0.044);
  EXPECT_NEAR(moments[3], 3, 0.110);
  EXPECT_NEAR(correlation, 0, 0.012);
}

TEST(Random, BelowIsEvenAndInsideItsBound) {
  Random random({.seed = 4});
  constexpr int draws = 60000;
  std::array<int, 6> counts{};
  for (int i = 0; i < draws; ++i) ++counts.at(random.below(6));
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - draws / 6.0, 2) / (draws / 6.0);
  EXPECT_LT(chi_squared, 25.7);  // 5 degrees of freedom, p = 0.0001
}

// With 2/3 of all words a plain remainder would give the lower half twice as often.
TEST(Random, BelowHasNoBiasForLargeCounts) {
  constexpr int draws = 30000;
  for (const std::uint64_t count : {std::uint64_t{0xAAAAAAAA}, std::uint64_t{0xAAAAAAAAAAAAAAAA}}) {
    Random random({.seed = 5});
    int lower = 0;
    for (int i = 0; i < draws; ++i) {
      const std::uint64_t value = random.below(count);
      ASSERT_LT(value, count);
      lower += value < count / 2;
    }
    EXPECT_NEAR(lower / double{draws}, 0.5, 0.0145) << count;
  }
  EXPECT_EQ(Random({.seed = 6}).below(1), 0u);
}

TEST(Random, GammaAndBetaHaveTheirMoments) {
  constexpr int draws = 40000;
  for (const double shape : {0.1, 0.8, 1.0, 2.5, 30.0}) {
    Random random({.seed = 7});
    double sum = 0, squares = 0;
    for (int i = 0; i < draws; ++i) {
      const double value = random.gamma(shape);
      sum += value;
      squares += value * value;
    }
    const double mean = sum / draws, variance = squares / draws - mean * mean;
    EXPECT_NEAR(mean, shape, 5 * std::sqrt(shape / draws)) << shape;
    EXPECT_NEAR(variance / shape, 1, 0.15) << shape;
  }
  for (const auto& [first, second] : {std::pair{0.8, 0.8}, {1.0, 1.0}, {0.2, 0.6}, {8.0, 2.0}}) {
    Random random({.seed = 8});
    double sum = 0, squares = 0;
    for (int i = 0; i < draws; ++i) {
      const double value = random.beta(first, second);
      ASSERT_TRUE(value >= 0 && value <= 1);
      sum += value;
      squares += value * value;
    }
    const double total = first + second, mean = first / total;
    const double variance = mean * (1 - mean) / (total + 1);
    EXPECT_NEAR(sum / draws, mean, 5 * std::sqrt(variance / draws)) << first;
    EXPECT_NEAR(squares / draws - mean * mean, variance, 0.02 * variance + 0.002) << first;
  }
  for (int i = 0; i < 100; ++i) {
    const double value =
        Random({.seed = 9, .sample = static_cast<std::uint64_t>(i)}).beta(1e-9, 1e-9);
    EXPECT_TRUE(value == 0 || value == 1);
  }
}

TEST(Permutation, HoldsEveryIndexOnceAndEachPlaceIsEven) {
  std::vector<std::int64_t> order = permutation({.seed = 1}, 1000);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);

  std::array<std::array<int, 4>, 4> counts{};
  constexpr int draws = 24000;
  for (std::uint64_t sample = 0; sample < draws; ++sample) {
    const auto small = permutation({.seed = 2, .sample = sample}, 4);
    for (std::size_t place = 0; place < 4; ++place) ++counts[place][small[place]];
  }
  for (const auto& row : counts) {
    for (const int count : row) EXPECT_NEAR(count, draws / 4, 340);  // five deviations
  }
}

TEST(Permutation, OfNothingAndOfOne) {
  EXPECT_TRUE(permutation({}, 0).empty());
  EXPECT_THAT(permutation({}, 1), ElementsAre(0));
}

// Published FNV-1a 64 test values (Fowler, Noll, Vo).
TEST(NameKey, IsFnv1a) {
  EXPECT_EQ(name_key(""), 0xcbf29ce484222325u);
  EXPECT_EQ(name_key("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(name_key("foobar"), 0x85944171f73967e8u);
}

}  // namespace
}  // namespace dbot::core
