#include "dbot/exchange/import/input_channels.h"

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

/// The small network of three channels.
LoadedEncoder rgb_encoder() {
  LoadedEncoder encoder{small_description(), {}};
  encoder.description.config.channels = 3;
  encoder.description.mean = encoder.description.std = {0.5, 0.5, 0.5};
  encoder.parameters = small_parameters(encoder.description.config);
  return encoder;
}

/// What the first layer gives for an image whose channels are all alike.
at::Tensor of_alike(const LoadedEncoder& encoder) {
  return encoder.parameters.at("patch_embed.proj.weight").sum({1, 2, 3});
}

TEST(InputChannels, LikeChannelsGiveWhatTheyGave) {
  const LoadedEncoder rgb = rgb_encoder();
  for (const std::int64_t channels : {1, 2, 6, 9, 64}) {
    LoadedEncoder other = rgb_encoder();
    EXPECT_THAT(adapt_channels(other, channels), testing::HasSubstr("3 channels")) << channels;
    EXPECT_EQ(other.description.config.channels, channels);
    EXPECT_EQ(std::ssize(other.description.mean), channels);
    EXPECT_EQ(std::ssize(other.description.std), channels);
    const at::Tensor& weights = other.parameters.at("patch_embed.proj.weight");
    EXPECT_EQ(weights.size(1), channels);
    EXPECT_NO_THROW(make_encoder(other));
    if (channels % 3 == 0 || channels == 1) {
      EXPECT_TRUE(of_alike(other).allclose(of_alike(rgb), 1e-4, 1e-5)) << channels;
    }
  }
}

TEST(InputChannels, AreRepeatedInTurnAndScaled) {
  const LoadedEncoder rgb = rgb_encoder();
  LoadedEncoder four = rgb_encoder();
  EXPECT_THAT(adapt_channels(four, 4),
              testing::HasSubstr("repeated in turn for 4 and scaled by 3/4"));
  const auto& before = rgb.parameters.at("patch_embed.proj.weight");
  const auto& after = four.parameters.at("patch_embed.proj.weight");
  for (const std::int64_t channel : {0, 1, 2, 3}) {
    EXPECT_TRUE(after.select(1, channel).equal(before.select(1, channel % 3) * 0.75)) << channel;
  }
}

TEST(InputChannels, NormalisationGoesWithTheWeights) {
  const auto adapted = [](std::int64_t channels) {
    LoadedEncoder encoder = rgb_encoder();
    encoder.description.mean = {0.1, 0.2, 0.6};
    encoder.description.std = {0.2, 0.3, 0.4};
    adapt_channels(encoder, channels);
    return encoder.description;
  };
  EXPECT_THAT(adapted(5).mean, testing::ElementsAre(0.1, 0.2, 0.6, 0.1, 0.2));
  EXPECT_THAT(adapted(5).std, testing::ElementsAre(0.2, 0.3, 0.4, 0.2, 0.3));
  EXPECT_THAT(adapted(1).mean, testing::ElementsAre(testing::DoubleNear(0.3, 1e-12)));
  EXPECT_THAT(adapted(1).std, testing::ElementsAre(testing::DoubleNear(0.3, 1e-12)));
  LoadedEncoder silent = rgb_encoder();
  silent.description.mean = silent.description.std = {};
  adapt_channels(silent, 5);
  EXPECT_THAT(silent.description.mean, testing::IsEmpty());
}

TEST(InputChannels, AsManyAreLeftAlone) {
  LoadedEncoder encoder = rgb_encoder();
  EXPECT_EQ(adapt_channels(encoder, 3), "");
  EXPECT_EQ(encoder.description.mean.size(), 3U);
}

}  // namespace
}  // namespace dbot::exchange
