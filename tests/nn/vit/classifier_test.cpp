#include "dbot/nn/vit/classifier.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace dbot::nn {
namespace {

ClassifierConfig small_classifier(RelativePositions positions) {
  return {.encoder = {.image_size = {16, 16},
                      .patch_size = 4,
                      .width = 32,
                      .depth = 2,
                      .heads = 2,
                      .relative_positions = positions},
          .classes = 3};
}

double largest_start(const ClassifierConfig& config, const char* name) {
  ParameterStore parameters(classifier_parameters(config));
  parameters.initialise(/*seed=*/1, /*stage=*/0);
  return parameters.at(name).detach().abs().max().item<double>();
}

TEST(Classifier, StartsAsTheFamilyOfItsEncoder) {
  const ClassifierConfig beit = small_classifier(RelativePositions::each_block);
  // Cut at one deviation; the last matrices of block 2 are divided by sqrt(2 · 2) as well.
  EXPECT_LE(largest_start(beit, "blocks.1.attn.qkv.weight"), 0.02);
  EXPECT_GT(largest_start(beit, "blocks.1.attn.qkv.weight"), 0.0195);
  EXPECT_LE(largest_start(beit, "blocks.1.mlp.fc2.weight"), 0.01);
  EXPECT_GT(largest_start(beit, "blocks.1.mlp.fc2.weight"), 0.0095);
  EXPECT_EQ(largest_start(beit, "patch_embed.proj.bias"), 0);
  // Glorot's bound: sqrt(6 / (32 + 96)).
  const double mae =
      largest_start(small_classifier(RelativePositions::none), "blocks.1.attn.qkv.weight");
  EXPECT_GT(mae, 0.2);
  EXPECT_LE(mae, 0.2166);
  // The head's start is its own in both.
  EXPECT_LE(largest_start(beit, "head.weight"), 2e-4);
}

}  // namespace
}  // namespace dbot::nn
