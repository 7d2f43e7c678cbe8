#include "dbot/exchange/video/inflated_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "dbot/nn/clip/clip_encoder.h"
#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::exchange {
namespace {

class InflatedEncoder : public testing::TestWithParam<nn::ClipPositions> {};

TEST_P(InflatedEncoder, EmbedsAStillClipAsTheImageWasEmbedded) {
  nn::ClipConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 1, .heads = 2};
  config.frames = 6;
  config.tubelet = 3;
  config.positions = GetParam();
  auto image = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config.encoder));
  for (const auto& [name, tensor] : image->named()) tensor.copy_(at::randn(tensor.sizes()));
  auto clips = std::make_shared<nn::ParameterStore>(nn::clip_encoder_parameters(config));
  const auto tensors = inflated_encoder(image->named(), config);
  EXPECT_EQ(tensors.size(), clips->specs().size());
  clips->copy_from(tensors);
  const nn::VisionTransformer of_images(config.encoder, image);
  const nn::ClipEncoder of_clips(config, clips);
  const at::Tensor pixels = at::rand({2, 3, 8, 8});
  const at::Tensor expected = of_images.embed(pixels);
  const at::Tensor found = of_clips.embed(nn::still_clips(pixels, 6));
  ASSERT_EQ(found.size(1), 1 + 2 * 4);
  EXPECT_TRUE(at::allclose(found.slice(1, 0, 5), expected, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(found.slice(1, 5), expected.slice(1, 1), 1e-4, 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Tables, InflatedEncoder,
                         testing::Values(nn::ClipPositions::learned, nn::ClipPositions::separable));

}  // namespace
}  // namespace dbot::exchange
