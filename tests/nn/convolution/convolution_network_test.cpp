#include "dbot/nn/convolution/convolution_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

std::int64_t trained_numbers(const ConvolutionConfig& config) {
  std::int64_t sum = 0;
  for (const ParameterSpec& spec : convolution_parameters(config)) {
    sum +=
        std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  return sum;
}

double multiply_adds(const ConvolutionConfig& config) {
  double sum = 0;
  for (const ConvolutionLayer& layer : convolution_layers(config)) sum += layer.multiply_adds();
  return sum;
}

TEST(Convolutions, HaveTheSizesOfTheirSources) {
  // torchvision's numbers without the 1000 classes.
  EXPECT_EQ(trained_numbers(resnet18_config()), 11'176'512);
  EXPECT_EQ(trained_numbers(resnet50_config()), 23'508'032);
  EXPECT_EQ(resnet18_config().width(), 512);
  EXPECT_EQ(resnet50_config().width(), 2048);
  EXPECT_NEAR(multiply_adds(resnet50_config()), 4.09e9, 0.01e9);
  ConvolutionConfig chain = chain_config({32, 64, 128, 128});
  chain.image_size = {32, 32};
  EXPECT_EQ(chain.strides, (std::vector<std::int64_t>{1, 2, 2, 2}));
  EXPECT_NEAR(multiply_adds(chain), 12.7e6, 0.1e6);
  chain.strides = {1, 1, 1, 1};
  EXPECT_NEAR(multiply_adds(chain), 246e6, 1e6);
}

TEST(Convolutions, StandInTorchvisionsOrder) {
  std::vector<std::string> names;
  for (const ParameterSpec& spec : convolution_tensors(resnet18_config())) {
    names.push_back(spec.name);
  }
  EXPECT_EQ(names.size(), 120u);
  EXPECT_EQ(names.at(0), "conv1.weight");
  EXPECT_EQ(names.at(5), "bn1.num_batches_tracked");
  EXPECT_EQ(names.at(6), "layer1.0.conv1.weight");
  EXPECT_THAT(names, testing::Contains("layer2.0.downsample.1.running_var"));
  EXPECT_EQ(names.back(), "layer4.1.bn2.num_batches_tracked");
}

ConvolutionConfig narrow_resnet() {
  ConvolutionConfig config;
  config.image_size = {9, 11};
  config.stem = Stem::cifar;
  config.base_width = 4;
  config.blocks = {1, 1};
  return config;
}

at::Tensor convolved_images() {
  return (at::arange(4 * 3 * 9 * 11) * 37 % 101).to(at::kFloat).view({4, 3, 9, 11}) / 50 - 1;
}

TEST(Convolutions, LayersKnowTheSizesOfTheirResults) {
  for (ConvolutionConfig config : {narrow_resnet(), chain_config({4, 6, 8})}) {
    config.image_size = {9, 11};
    auto store = std::make_shared<ParameterStore>(convolution_tensors(config));
    store->initialise(1, 0);
    const ConvolutionNetwork network(config, store);
    const at::Tensor features = network.pooled(convolved_images(), at::kFloat, NormMode::batch);
    EXPECT_EQ(features.sizes(), at::IntArrayRef({4, config.width()}));
    const ConvolutionLayer last = convolution_layers(config).back();
    EXPECT_EQ(last.size, config.is_chain() ? (core::Size{3, 3}) : (core::Size{5, 6}));
  }
}

TEST(Convolutions, RunningValuesMayLieInAnotherStore) {
  const ConvolutionConfig config = narrow_resnet();
  std::vector<ParameterSpec> elsewhere = convolution_buffers(config);
  for (ParameterSpec& spec : elsewhere) spec.name = "key." + spec.name;
  const auto buffers = std::make_shared<ParameterStore>(elsewhere);
  const auto store = std::make_shared<ParameterStore>(convolution_parameters(config));
  store->initialise(1, 0);
  buffers->initialise(1, 0);
  const ConvolutionNetwork network(config, store, {.store = buffers, .prefix = "key."});
  const at::Tensor before = network.pooled(convolved_images(), at::kFloat, NormMode::running);
  network.pooled(convolved_images(), at::kFloat, NormMode::training);
  EXPECT_EQ(buffers->at("key.bn1.num_batches_tracked").item<float>(), 1);
  EXPECT_FALSE(
      at::equal(before, network.pooled(convolved_images(), at::kFloat, NormMode::running)));
}

TEST(Convolutions, FeaturesWriteNothingAndHaveNoGraph) {
  const ConvolutionConfig config = narrow_resnet();
  const auto store = std::make_shared<ParameterStore>(convolution_tensors(config));
  store->initialise(1, 0);
  const ConvolutionNetwork network(config, store);
  const at::Tensor before = store->flat_values().clone();
  const auto features = network.features({{"images", convolved_images()}}, at::kFloat);
  EXPECT_TRUE(at::equal(store->flat_values(), before));
  EXPECT_FALSE(features.at("mean").requires_grad());
  EXPECT_EQ(features.at("mean").sizes(), at::IntArrayRef({4, 8}));
}

TEST(Convolutions, RefuseSizesThatDoNotFit) {
  ConvolutionConfig config = chain_config({4, 8});
  config.strides = {1};
  EXPECT_THROW(check(config), UsageError);
  config = narrow_resnet();
  config.blocks = {};
  EXPECT_THROW(check(config), UsageError);
  config.blocks = {1, 0};
  EXPECT_THROW(check(config), UsageError);
}

}  // namespace
}  // namespace dbot::nn
