#include "dbot/nn/masked/masked_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "dbot/nn/masked/dense_network.h"

namespace dbot::nn {
namespace {

MaskedNetworkConfig gem_resnet() {
  MaskedNetworkConfig config{.kind = MaskedNetworkKind::planes, .outputs = 5};
  config.convolution = resnet18_config();
  config.convolution.stem = Stem::cifar;
  config.convolution.base_width = 20;
  config.convolution.image_size = {32, 32};
  return config;
}

TEST(MaskedNetwork, HasAsManyWeightsAsThePaperSays) {
  EXPECT_EQ(MaskedNetwork(gem_resnet()).elements(), 1'090'140 + 160 * 5);
  EXPECT_EQ(MaskedNetwork({.outputs = 10}).elements(), 784 * 300 + 300 * 100 + 100 * 10);
  const MaskedNetwork text({.kind = MaskedNetworkKind::text, .outputs = 4, .embedding = 8});
  EXPECT_EQ(text.elements(), 200 * 8 * (3 + 4 + 5) + 600 * 4);
  EXPECT_EQ(text.feature_width(), 600);
}

TEST(MaskedNetwork, LayersAreNamedOnceAndTheHeadIsLast) {
  for (const MaskedNetworkConfig& config : {gem_resnet(), MaskedNetworkConfig{},
                                            MaskedNetworkConfig{.kind = MaskedNetworkKind::text}}) {
    std::set<std::string> names;
    const auto layers = masked_layers(config);
    for (const MaskedLayer& layer : layers) names.insert(layer.name);
    EXPECT_EQ(names.size(), layers.size());
    EXPECT_EQ(layers.back().shape.front(), config.outputs);
    EXPECT_TRUE(layers.back().norm.empty());
  }
}

TEST(MaskedLayers, BeginAsSignedConstantsAndUniformScores) {
  const auto layers = masked_layers({.inputs = 50, .hidden = {200}});
  ParameterStore weights(masked_weights(layers)), scores(masked_scores(layers));
  weights.initialise(1, 0);
  scores.initialise(1, 3);
  const float size = std::sqrt(2.0F / 50), bound = 1 / std::sqrt(50.0F);
  const at::Tensor& weight = weights.at("linear.0.weight");
  EXPECT_TRUE(weight.abs().eq(size).all().item<bool>());
  EXPECT_NEAR(weight.gt(0).to(at::kFloat).mean().item<float>(), 0.5, 0.03);
  const at::Tensor& score = scores.at("linear.0.scores");
  EXPECT_LE(score.abs().max().item<float>(), bound);
  EXPECT_GT(score.abs().max().item<float>(), 0.99F * bound);
}

TEST(MaskedLayers, ErdosRenyiIsDenserInSmallLayersAndHalfAtMost) {
  const MaskDensity er{.rule = DensityRule::er, .scale = 2};
  EXPECT_NEAR(density_of(dense_layer("a", 784, 300), er), 2.0 * 1084 / (784 * 300), 1e-12);
  EXPECT_EQ(density_of(dense_layer("a", 2, 2), er), 0.5);
  EXPECT_EQ(density_of(dense_layer("a", 2, 2), {.density = 0.7}), 0.7);
}

TEST(DenseNetwork, GivesTheFeaturesOfTheMaskedNetwork) {
  const DenseConfig config{.images = {{4, 3}, 2}, .hidden = {7, 5}};
  auto store = std::make_shared<ParameterStore>(dense_parameters(config));
  const auto layers = masked_layers({.inputs = 24, .hidden = config.hidden});
  ParameterStore weights(masked_weights(layers));
  weights.initialise(4, 0);
  store->copy_from(weights.named());
  const at::Tensor images = at::ones({3, 2, 4, 3}) * 0.3;
  const DenseNetwork network(config, store);
  const MaskedNetwork masked({.inputs = 24, .hidden = config.hidden});
  const MaskedPass pass = masked.forward(
      images,
      [&](std::size_t place) { return weights.at(masked.layers()[place].name + ".weight"); }, {},
      at::kFloat, NormMode::running);
  EXPECT_TRUE(
      at::equal(network.features({{"images", images}}, at::kFloat).at("mean"), pass.features));
  EXPECT_EQ(network.describe(), "4x3 pixels, dense layers of 7, 5");
}

}  // namespace
}  // namespace dbot::nn
