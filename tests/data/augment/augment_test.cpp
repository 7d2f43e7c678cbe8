#include "dbot/data/augment/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace dbot::data {
namespace {

using ::testing::Each;

constexpr int side = 24;
constexpr int many = 4000;

/// Colours that every operation changes.
std::vector<std::uint8_t> picture(int channels = 3) {
  std::vector<std::uint8_t> pixels;
  core::Random random({.seed = 4});
  for (int i = 0; i < channels * side * side; ++i) {
    pixels.push_back(static_cast<std::uint8_t>(40 + i % 90 + random.below(60)));
  }
  return pixels;
}

std::vector<std::uint8_t> augmented(const PixelAugmentation& config, const PixelDraws& draws,
                                    int channels = 3) {
  auto pixels = picture(channels);
  augment_pixels({pixels.data(), channels, side, side}, config, draws);
  return pixels;
}

/// Everything on, always.
PixelAugmentation everything() {
  PixelAugmentation config;
  config.random_augment.operations = 3;
  config.three_augment = config.grey = config.blur = config.solarise = 1;
  config.colour_jitter.strength = {0.4, 0.4, 0.4, 0.1};
  config.erase.probability = 1;
  return config;
}

/// Share of samples that `config` changes.
double changed_share(const PixelAugmentation& config) {
  const auto before = picture();
  int changed = 0;
  for (int sample = 0; sample < many; ++sample) {
    changed += augmented(config, {.seed = 1, .sample = sample}) != before;
  }
  return static_cast<double>(changed) / many;
}

TEST(AugmentPixels, DoesNothingUnlessAsked) {
  const PixelAugmentation nothing;
  EXPECT_FALSE(nothing.any());
  EXPECT_EQ(augmented(nothing, {.seed = 1}), picture());
}

TEST(AugmentPixels, DependsOnSeedEpochSampleAndViewAlone) {
  const auto config = everything();
  const PixelDraws draws{3, 5, 7, 0};
  const auto expected = augmented(config, draws);
  EXPECT_EQ(augmented(config, draws), expected);
  for (const PixelDraws& other :
       {PixelDraws{4, 5, 7, 0}, {3, 6, 7, 0}, {3, 5, 8, 0}, {3, 5, 7, 1}}) {
    EXPECT_NE(augmented(config, other), expected);
  }
}

TEST(AugmentPixels, HappensAsOftenAsItsProbabilitySays) {
  const auto expect_share = [](auto set) {
    for (const double probability : {0.0, 0.3, 0.8, 1.0}) {
      PixelAugmentation config;
      set(config, probability);
      EXPECT_NEAR(changed_share(config), probability, 0.03);  // four deviations
    }
  };
  expect_share([](auto& config, double p) { config.grey = p; });
  expect_share([](auto& config, double p) { config.solarise = p; });
  expect_share([](auto& config, double p) {
    config.blur = p;
    config.blur_sigma = {1, 2};
  });
  expect_share([](auto& config, double p) { config.erase.probability = p; });
  expect_share([](auto& config, double p) { config.colour_jitter = {{0.4, 0.4, 0.4, 0}, p}; });
}

TEST(AugmentPixels, OneOfThreeIsEachOfThemEquallyOften) {
  PixelAugmentation grey, solarised, config;
  grey.grey = solarised.solarise = config.three_augment = 1;
  const auto as_grey = augmented(grey, {}), as_solarised = augmented(solarised, {});
  int greys = 0, solarises = 0;
  for (int sample = 0; sample < many; ++sample) {
    const auto result = augmented(config, {.seed = 1, .sample = sample});
    greys += result == as_grey;
    solarises += result == as_solarised;
  }
  EXPECT_NEAR(greys, many / 3.0, 120);
  EXPECT_NEAR(solarises, many / 3.0, 120);
}

TEST(AugmentPixels, KindsOfChangeDrawApart) {
  // Blur does not change whether and where the same samples are erased to their mean.
  PixelAugmentation config;
  config.erase = {.probability = 0.5, .fill = EraseFill::mean};
  config.range = {{0}, {1}};
  auto both = config;
  both.grey = 1;
  for (int sample = 0; sample < 50; ++sample) {
    const PixelDraws draws{.seed = 2, .sample = sample};
    const auto one = augmented(config, draws), two = augmented(both, draws);
    for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i] == 0, two[i] == 0);
  }
}

// The numbers of the streams never change: a run that goes on draws what it would have drawn.
TEST(AugmentPixels, EachKindDrawsFromTheStreamOfItsNumber) {
  constexpr std::uint32_t kView = 2;
  PixelAugmentation three, jitter, grey, blur, solarised, erased;
  three.three_augment = grey.grey = blur.blur = solarised.solarise = erased.erase.probability = 0.5;
  jitter.colour_jitter = {.strength = {0.4, 0.4, 0.4, 0.1}, .probability = 0.5};
  blur.blur_sigma = {1, 2};  // so that every blur is seen
  const std::vector<const PixelAugmentation*> by_number{&three, &jitter,    &grey,
                                                        &blur,  &solarised, &erased};
  for (std::size_t kind = 0; kind < by_number.size(); ++kind) {
    for (std::int64_t sample = 0; sample < 30; ++sample) {
      core::Random random({.seed = 9,
                           .purpose = core::Purpose::pixels,
                           .stage = 16 * kView + 1 + static_cast<std::uint32_t>(kind),
                           .epoch = 3,
                           .sample = static_cast<std::uint64_t>(sample)});
      const auto after =
          augmented(*by_number[kind], {.seed = 9, .epoch = 3, .sample = sample, .view = kView});
      EXPECT_EQ(after != picture(), random.uniform() < 0.5) << kind << ", sample " << sample;
    }
  }
}

TEST(AugmentPixels, BearsEverythingAtOnceOnAnySize) {
  auto config = everything();
  config.random_augment = {.operations = 20, .deviation = 5, .limit = 30, .probability = 1};
  for (const int channels : {1, 3, 5}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 40}, {2, 3}, {37, 2}, {33, 65}}) {
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(channels * height * width + 2), 99);
      for (int sample = 0; sample < 20; ++sample) {
        augment_pixels({pixels.data() + 1, channels, height, width}, config,
                       {.seed = 9, .sample = sample});
      }
      EXPECT_EQ(pixels.front(), 99);
      EXPECT_EQ(pixels.back(), 99);
    }
  }
}

TEST(ColourJitter, DrawsEveryOrderAndAmountsWithinTheirRanges) {
  const ColourJitterConfig config{{0.4, 1.5, 0, 0.1}, 1};
  core::Random random({.seed = 1});
  std::map<std::array<int, 4>, int> orders;
  std::array<double, 4> sum{}, lowest{9, 9, 9, 9}, highest{-9, -9, -9, -9};
  for (int i = 0; i < many; ++i) {
    const auto jitter = draw_colour_jitter(config, random);
    ++orders[jitter.order];
    for (std::size_t k = 0; k < 4; ++k) {
      sum[k] += jitter.amount[k];
      lowest[k] = std::min(lowest[k], jitter.amount[k]);
      highest[k] = std::max(highest[k], jitter.amount[k]);
    }
  }
  EXPECT_EQ(orders.size(), 24U);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, many / 24.0, 60);
  const double from[] = {0.6, 0, 1, -0.1}, to[] = {1.4, 2.5, 1, 0.1};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_GE(lowest[k], from[k]);
    EXPECT_LE(highest[k], to[k]);
    EXPECT_NEAR(lowest[k], from[k], 0.01);
    EXPECT_NEAR(highest[k], to[k], 0.01);
    EXPECT_NEAR(sum[k] / many, (from[k] + to[k]) / 2, 0.05);
  }
}

TEST(RandomAugment, DrawsAllOperationsAlikeAndLeavesHalfOut) {
  const RandomAugmentConfig config{.operations = 1};
  core::Random random({.seed = 1});
  std::map<AugmentOperation, int> drawn;
  int left_out = 0;
  for (int i = 0; i < 2 * many; ++i) {
    const auto one = draw_augment(config, random);
    if (one) {
      ++drawn[one->operation];
    } else {
      ++left_out;
    }
  }
  EXPECT_NEAR(left_out, many, 180);
  EXPECT_EQ(drawn.size(), static_cast<std::size_t>(kAugmentOperations));
  for (const auto& [operation, count] : drawn) EXPECT_NEAR(count, many / 15.0, 70);
}

TEST(RandomAugment, MagnitudesMeanWhatTheyMeanInTimm) {
  using enum AugmentOperation;
  const auto amount = [](AugmentOperation operation, double magnitude, bool increasing = true,
                         bool negative = false) {
    return augment_amount(operation, magnitude, increasing, negative);
  };
  EXPECT_DOUBLE_EQ(amount(rotate, 9), 27);
  EXPECT_DOUBLE_EQ(amount(rotate, 9, true, true), -27);
  EXPECT_DOUBLE_EQ(amount(shear_x, 9), 0.27);
  EXPECT_DOUBLE_EQ(amount(translate_y, 9, true, true), -0.405);
  EXPECT_EQ(amount(posterise, 9), 1);
  EXPECT_EQ(amount(posterise, 9, false), 3);
  EXPECT_EQ(amount(posterise, 10), 0);
  EXPECT_EQ(amount(posterise, 30), 0);
  EXPECT_EQ(amount(solarise, 9), 26);
  EXPECT_EQ(amount(solarise, 9, false), 230);
  EXPECT_EQ(amount(solarise, 10, false), 256);
  EXPECT_EQ(amount(solarise_add, 9), 99);
  EXPECT_EQ(amount(solarise_add, 30), 128);
  EXPECT_DOUBLE_EQ(amount(contrast, 9), 1.81);
  EXPECT_DOUBLE_EQ(amount(contrast, 9, true, true), 0.19);
  EXPECT_DOUBLE_EQ(amount(sharpness, 9, false), 1.72);
  EXPECT_DOUBLE_EQ(amount(brightness, 30, true, true), 0.1);
}

TEST(RandomAugment, MagnitudesSpreadAroundTheirMeanUpToTheLimit) {
  const RandomAugmentConfig config{.operations = 1, .probability = 1};
  core::Random random({.seed = 1});
  double sum = 0, highest = 0;
  int count = 0, at_limit = 0;
  while (count < 2000) {
    const auto drawn = draw_augment(config, random);
    if (drawn->operation != AugmentOperation::rotate) continue;
    const double magnitude = std::abs(drawn->amount) / 3;
    sum += magnitude;
    highest = std::max(highest, magnitude);
    at_limit += magnitude == 10;
    ++count;
  }
  EXPECT_NEAR(sum / count, 9, 0.05);
  EXPECT_EQ(highest, 10);
  EXPECT_NEAR(at_limit, 2000 * 0.0228, 30);  // two deviations above the mean
}

class RandomErase : public ::testing::Test {
 protected:
  /// Erased pixels of a large black image.
  std::vector<std::uint8_t> erased(const EraseConfig& config, int sample) {
    std::vector<std::uint8_t> pixels(3 * 100 * 80);
    core::Random random({.seed = 1, .sample = static_cast<std::uint64_t>(sample)});
    const PlanarImage image{pixels.data(), 3, 100, 80};
    random_erase({&image, 1}, config, range_, random);
    return pixels;
  }
  static double area(const std::vector<std::uint8_t>& pixels) {
    const auto zeros = std::count(pixels.begin(), pixels.end(), 0);
    return 1 - static_cast<double>(zeros) / static_cast<double>(pixels.size());
  }
  PixelRange range_{{0.5, 0.6, 0.7}, {0.02, 0.03, 0.04}};
};

TEST_F(RandomErase, TakesTheShareOfTheAreaThatIsAskedFor) {
  double sum = 0;
  for (int sample = 0; sample < 500; ++sample) {
    const double share = area(erased({.probability = 1}, sample));
    EXPECT_GE(share, 0.015);
    EXPECT_LE(share, 0.35);
    sum += share;
  }
  EXPECT_NEAR(sum / 500, (0.02 + 1.0 / 3) / 2, 0.02);
}

TEST_F(RandomErase, SharesTheAreaAmongSeveralRectangles) {
  std::set<int> shares;
  for (int sample = 0; sample < 200; ++sample) {
    const double share =
        area(erased({.probability = 1, .area = {0.3, 0.3}, .ratio = {1, 1}, .most = 3}, sample));
    EXPECT_LE(share, 0.31);
    EXPECT_GE(share, 0.09);  // where three lie on each other
    shares.insert(static_cast<int>(share * 100));
  }
  EXPECT_GT(shares.size(), 3U);
}

TEST_F(RandomErase, FillsWithMeanColourOrPixels) {
  const auto fill_of = [&](EraseFill fill, int sample) {
    const auto pixels = erased({.probability = 1, .fill = fill}, sample);
    std::array<std::vector<double>, 3> values;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      if (pixels[i] != 0) values[i / 8000].push_back(pixels[i]);
    }
    return values;
  };
  const double expected[] = {127.5, 153, 178.5}, deviation[] = {5.1, 7.65, 10.2};
  for (std::size_t c = 0; c < 3; ++c) {
    const auto mean = fill_of(EraseFill::mean, 1)[c];
    EXPECT_THAT(mean, Each(std::nearbyint(expected[c])));
    const auto colour = fill_of(EraseFill::colour, 1)[c];
    EXPECT_THAT(colour, Each(colour[0]));
    EXPECT_NE(colour[0], fill_of(EraseFill::colour, 2)[c][0]);
    double sum = 0, squares = 0, count = 0;
    for (int sample = 0; sample < 20; ++sample) {
      const auto noise = fill_of(EraseFill::pixels, sample);
      for (const double value : noise[c]) {
        sum += value;
        squares += value * value;
        ++count;
      }
    }
    EXPECT_NEAR(sum / count, expected[c], 0.3);
    EXPECT_NEAR(std::sqrt(squares / count - sum / count * sum / count), deviation[c], 0.3);
  }
}

}  // namespace
}  // namespace dbot::data
