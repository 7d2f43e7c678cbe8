#include "dbot/data/image/normalise.h"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

TEST(Normalise, EqualsTheFormulaForEveryPixelValue) {
  const auto pixels = at::arange(2 * 3 * 16 * 8).remainder(256).to(at::kByte).view({2, 3, 16, 8});
  const std::vector<double> mean{0.485, 0.456, 0.406}, std{0.229, 0.224, 0.225};
  const auto result = normalise(pixels, mean, std);
  ASSERT_EQ(result.scalar_type(), at::kFloat);
  ASSERT_EQ(result.sizes(), pixels.sizes());
  const auto* given = pixels.data_ptr<std::uint8_t>();
  const auto* found = result.data_ptr<float>();
  for (int i = 0; i < 2 * 3 * 16 * 8; ++i) {
    const auto channel = static_cast<std::size_t>(i / 128 % 3);
    EXPECT_NEAR(found[i], (given[i] / 255.0 - mean[channel]) / std[channel], 1e-6);
  }
}

TEST(Normalise, RefusesOtherTensorsAndOtherNumbersOfChannels) {
  const auto pixels = at::arange(12).to(at::kByte);
  EXPECT_THROW(normalise(pixels, {0.5}, {0.5}), UsageError);
  EXPECT_THROW(normalise(pixels.view({1, 3, 2, 2}), {0.5}, {0.5}), UsageError);
  EXPECT_THROW(normalise(pixels.view({1, 3, 2, 2}), {0, 0, 0}, {1, 1}), UsageError);
  EXPECT_THROW(normalise(pixels.view({1, 3, 2, 2}).to(at::kFloat), {0, 0, 0}, {1, 1, 1}),
               UsageError);
}

}  // namespace
}  // namespace dbot::data
