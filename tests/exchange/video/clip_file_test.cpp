#include "dbot/exchange/video/clip_file.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/exchange/convolution/backbone_file.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/nn/clip/clip_parameters.h"
#include "tests/core/temporary_folder.h"

namespace dbot::exchange {
namespace {

using testing::HasSubstr;

ClipDescription small_clip_description() {
  ClipDescription description;
  description.config.encoder = {
      .image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 1, .heads = 2};
  description.config.frames = 4;
  description.config.predicted_frames = 2;
  description.mean = {0.45, 0.45, 0.45};
  description.std = {0.225, 0.225, 0.225};
  return description;
}

TEST(ClipDescriptionTest, SurvivesAsText) {
  ClipDescription description = small_clip_description();
  description.config.positions = nn::ClipPositions::learned;
  description.config.attention_bias = false;
  description.config.encoder.class_token = false;
  const std::string text = to_json(description);
  EXPECT_TRUE(describes_clips(text));
  const ClipDescription again = clip_from_json(text, "file");
  EXPECT_EQ(again.config, description.config);
  EXPECT_EQ(again.mean, description.mean);
  EXPECT_EQ(to_json(again), text);
}

TEST(ClipDescriptionTest, RefusesWhatIsNoNetworkOfClips) {
  const std::string text = to_json(small_clip_description());
  EXPECT_FALSE(describes_clips(to_json(EncoderDescription{})));
  EXPECT_FALSE(describes_clips("{"));
  EXPECT_THROW(clip_from_json(to_json(EncoderDescription{}), "file"), DataError);
  for (const auto& [from, to] : {std::pair{"\"tubelet\":2", "\"tubelet\":3"},
                                 {"\"tubelet\":2", "\"tubelet\":0"},
                                 {"\"frames\":4", "\"frames\":1000000"},
                                 {"\"separable\"", "\"absolute\""},
                                 {"\"clip\":{", "\"clip\":1,\"other\":{"}}) {
    std::string broken = text;
    ASSERT_NE(broken.find(from), std::string::npos) << from;
    broken.replace(broken.find(from), std::string(from).size(), to);
    EXPECT_THROW(clip_from_json(broken, "file"), DataError) << to;
  }
}

class ClipFileTest : public testing::Test {
 protected:
  void save() { save_backbone(file_, to_json(description_), store_->named()); }

  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "model.safetensors";
  ClipDescription description_ = small_clip_description();
  std::shared_ptr<nn::ParameterStore> store_ = [this] {
    auto store =
        std::make_shared<nn::ParameterStore>(nn::clip_encoder_parameters(description_.config));
    store->initialise(/*seed=*/1, /*stage=*/0);
    return store;
  }();
};

TEST_F(ClipFileTest, ABackboneComesBackAsItWas) {
  save();
  EXPECT_TRUE(holds_clips(file_));
  const LoadedBackbone loaded = load_backbone(file_);
  EXPECT_EQ(loaded.width, 16);
  EXPECT_EQ(loaded.mean, description_.mean);
  EXPECT_THAT(loaded.network->describe(), HasSubstr("clips of 4 frames"));
  const at::Tensor clips = at::rand({2, 3, 4, 8, 8});
  const nn::ClipEncoder ours(description_.config, store_);
  EXPECT_TRUE(at::allclose(loaded.network->features({{"clips", clips}}, at::kFloat).at("mean"),
                           ours.features({{"clips", clips}}, at::kFloat).at("mean")));
  EXPECT_THROW(load_encoder(file_), DataError) << "it is no encoder of images";
}

TEST_F(ClipFileTest, FramesCanHaveAnotherSize) {
  save();
  const LoadedBackbone loaded = load_backbone(file_, core::Size{16, 16});
  EXPECT_EQ(loaded.network->input().images.size, (core::Size{16, 16}));
  EXPECT_EQ(loaded.network->features({{"clips", at::rand({2, 3, 4, 16, 16})}}, at::kFloat)
                .at("mean")
                .sizes(),
            (at::IntArrayRef{2, 16}));
  EXPECT_THROW(load_backbone(file_, core::Size{18, 18}), UsageError);
  EXPECT_THROW(load_backbone(file_, core::Size{16, 8}), UsageError);
}

TEST_F(ClipFileTest, RefusesMissingMisshapenAndInfiniteTensors) {
  const runtime::NamedTensors sound = store_->named();
  const auto refused = [&](auto change) {
    runtime::NamedTensors tensors;
    for (const auto& [name, tensor] : sound) tensors[name] = tensor.detach().clone();
    change(tensors);
    save_backbone(file_, to_json(description_), tensors);
    EXPECT_THROW(load_clips(file_), DataError);
  };
  refused([](runtime::NamedTensors& tensors) { tensors.erase("norm.bias"); });
  refused([](runtime::NamedTensors& tensors) { tensors["norm.bias"] = at::rand({15}); });
  refused([](runtime::NamedTensors& tensors) { tensors["norm.bias"].fill_(INFINITY); });
}

}  // namespace
}  // namespace dbot::exchange
