#include "dbot/exchange/video/flattened_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::exchange {
namespace {

/// Clips of so many steps, with weights drawn at random.
LoadedClips drawn_clips(nn::ClipPositions positions, bool bias, std::int64_t steps) {
  LoadedClips clips;
  nn::ClipConfig& config = clips.description.config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.tubelet = 3;
  config.frames = 3 * steps;
  config.positions = positions;
  config.attention_bias = bias;
  config.predicted_frames = steps;
  auto store = std::make_shared<nn::ParameterStore>(nn::clip_encoder_parameters(config));
  for (const auto& [name, tensor] : store->named()) tensor.copy_(at::randn(tensor.sizes()));
  store->freeze();
  clips.network = std::make_unique<nn::ClipEncoder>(config, store);
  return clips;
}

class FlattenedEncoder : public testing::TestWithParam<nn::ClipPositions> {};

TEST_P(FlattenedEncoder, MakesOfAnImageWhatAClipOfOneStepMakesOfItStandingStill) {
  for (const bool bias : {true, false}) {
    const LoadedClips clips = drawn_clips(GetParam(), bias, 1);
    const LoadedEncoder image = flattened_encoder(clips);
    EXPECT_TRUE(image.own);
    const auto network = make_encoder(image);
    const at::Tensor pixels = at::rand({2, 3, 8, 8});
    const auto expected = clips.network->features({{"images", pixels}}, at::kFloat);
    const auto found = network->features({{"images", pixels}}, at::kFloat);
    for (const auto& [kind, features] : expected) {
      EXPECT_TRUE(at::allclose(found.at(kind), features, 1e-4, 1e-5)) << kind;
    }
  }
}

TEST_P(FlattenedEncoder, PlacesHaveTheMeanOfTheSteps) {
  const LoadedClips clips = drawn_clips(GetParam(), true, 2);
  const at::Tensor rows = clips.network->positions();
  const at::Tensor found = flattened_encoder(clips).parameters.at("pos_embed");
  ASSERT_EQ(found.sizes(), (at::IntArrayRef{1, 5, 16}));
  EXPECT_TRUE(at::allclose(found.select(1, 0), rows.select(1, 0)));
  EXPECT_TRUE(at::allclose(found.select(1, 2), (rows.select(1, 2) + rows.select(1, 6)) / 2));
}

INSTANTIATE_TEST_SUITE_P(Tables, FlattenedEncoder,
                         testing::Values(nn::ClipPositions::sincos, nn::ClipPositions::learned,
                                         nn::ClipPositions::separable));

}  // namespace
}  // namespace dbot::exchange
