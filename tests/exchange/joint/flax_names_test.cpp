#include "dbot/exchange/joint/flax_names.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/nn/joint/joint_parameters.h"

namespace dbot::exchange {
namespace {

runtime::NamedTensors drawn_joint() {
  nn::JointConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.vocabulary = 12;
  config.head_depth = 2;
  nn::ParameterStore store(nn::joint_parameters(nn::as_joint(config)));
  store.initialise(/*seed=*/4, /*stage=*/0);
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : store.named()) tensors[name] = tensor.detach().clone();
  return tensors;
}

TEST(FlaxNames, ThereAndBackGivesTheSameTensors) {
  const runtime::NamedTensors ours = drawn_joint();
  const runtime::NamedTensors theirs = joint_to_flax(ours);
  EXPECT_FALSE(has_flax_names(ours));
  EXPECT_TRUE(has_flax_names(theirs));
  EXPECT_EQ(theirs.size() + 1, ours.size()) << "a table of positions is no parameter there";
  for (const char* name :
       {"encoder.Block_1.TransformerMLP_0.fc1.kernel", "decoder_image_output.Dense_2.kernel",
        "decoder_text_output.LayerNorm_2.scale", "text_embedding.embedding"}) {
    EXPECT_TRUE(theirs.contains(name)) << name;
  }
  const runtime::NamedTensors back = joint_from_flax(theirs, "a file");
  for (const auto& [name, tensor] : ours) {
    if (name == "pos_embed") continue;
    ASSERT_TRUE(back.contains(name)) << name;
    EXPECT_TRUE(at::equal(back.at(name), tensor)) << name;
  }
}

TEST(FlaxNames, AnInputOfAPatchGoesToItsPlaceInTheKernel) {
  // Row ((row · 2 + column) · 3 + channel) of a patch of 2×2 pixels.
  at::Tensor kernel = at::zeros({12, 1});
  kernel[(1 * 2 + 0) * 3 + 2] = 5;
  const auto ours = joint_from_flax({{"image_embedding.kernel", kernel}}, "a file");
  const at::Tensor& weight = ours.at("patch_embed.proj.weight");
  EXPECT_EQ(weight.sizes(), (std::vector<std::int64_t>{1, 3, 2, 2}));
  EXPECT_EQ(weight[0][2][1][0].item<float>(), 5);
}

TEST(FlaxNames, OtherTensorsAreRefusedByName) {
  for (const char* name : {"encoder.Block_0.Attention_0.Dense_2.kernel", "encoder.Block_x.bias",
                           "opt_state.count", "image_embedding.scale_by", "head"}) {
    EXPECT_THROW(joint_from_flax({{name, at::rand({4, 4})}}, "a file"), DataError) << name;
  }
  EXPECT_THROW(joint_from_flax({{"image_embedding.kernel", at::rand({13, 4})}}, "a file"),
               DataError);
  EXPECT_THROW(joint_from_flax({{"image_embedding.kernel", at::rand({12})}}, "a file"), DataError);
}

}  // namespace
}  // namespace dbot::exchange
