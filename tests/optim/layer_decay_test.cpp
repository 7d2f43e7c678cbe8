#include "dbot/optim/layer_decay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "dbot/nn/vit/classifier.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::optim {
namespace {

using ::testing::Contains;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Not;

nn::EncoderConfig encoder_of_two_blocks() {
  nn::EncoderConfig config;
  config.image_size = {8, 8};
  config.patch_size = 4;
  config.width = 4;
  config.depth = 2;
  config.heads = 1;
  return config;
}

const LayerGroup& group_of(const std::vector<LayerGroup>& groups, const std::string& name) {
  const auto has = [&](const LayerGroup& group) {
    return std::ranges::find(group.names, name) != group.names.end();
  };
  const auto found = std::ranges::find_if(groups, has);
  EXPECT_NE(found, groups.end()) << name;
  static const LayerGroup kNone;
  return found == groups.end() ? kNone : *found;
}

TEST(LayerDecay, NumbersLayersFromTheImageOn) {
  for (const char* first : {"cls_token", "pos_embed", "patch_embed.proj.weight"})
    EXPECT_EQ(layer_id(first, 12), 0) << first;
  EXPECT_EQ(layer_id("blocks.0.norm1.weight", 12), 1);
  EXPECT_EQ(layer_id("blocks.11.attn.qkv.bias", 12), 12);
  for (const char* last : {"norm.weight", "fc_norm.bias", "head.weight"})
    EXPECT_EQ(layer_id(last, 12), 13) << last;
  EXPECT_THAT(layer_scales(1, 0.5), ElementsAre(DoubleEq(0.25), DoubleEq(0.5), DoubleEq(1)));
}

TEST(LayerDecay, MakesAGroupOfALayerAndItsDecay) {
  const nn::ClassifierConfig config{.encoder = encoder_of_two_blocks(), .classes = 3};
  const auto specs = nn::classifier_parameters(config);
  const auto groups = layer_decay_groups(specs, 2, 0.5, 0.05);
  std::size_t names = 0;
  for (const LayerGroup& group : groups) names += group.names.size();
  EXPECT_EQ(names, specs.size());
  EXPECT_EQ(groups.size(), 8u);  // four layers, with and without decay

  for (const char* vector : {"cls_token", "pos_embed", "patch_embed.proj.bias"}) {
    EXPECT_EQ(group_of(groups, vector).weight_decay, 0) << vector;
    EXPECT_DOUBLE_EQ(group_of(groups, vector).rate_scale, 0.125) << vector;
  }
  for (const char* matrix : {"patch_embed.proj.weight", "blocks.1.mlp.fc1.weight", "head.weight"})
    EXPECT_EQ(group_of(groups, matrix).weight_decay, 0.05) << matrix;
  EXPECT_DOUBLE_EQ(group_of(groups, "blocks.0.norm1.bias").rate_scale, 0.25);
  EXPECT_DOUBLE_EQ(group_of(groups, "blocks.1.mlp.fc1.weight").rate_scale, 0.5);
  EXPECT_EQ(group_of(groups, "head.bias").rate_scale, 1);
  EXPECT_EQ(group_of(groups, "head.bias").weight_decay, 0);
}

TEST(LayerDecay, LeavesOutWhatIsNotTrained) {
  const auto specs = nn::encoder_parameters(encoder_of_two_blocks());  // its table is fixed
  for (const LayerGroup& group : layer_decay_groups(specs, 2, 0.5, 0.05))
    EXPECT_THAT(group.names, Not(Contains("pos_embed")));
}

}  // namespace
}  // namespace dbot::optim
