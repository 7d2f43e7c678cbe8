// The network of texts, and the vectors of their words.
#include "dbot/nn/masked/text_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/nn/masked/masked_network.h"
#include "dbot/nn/masked/word_vectors.h"

namespace dbot::nn {
namespace {

at::Tensor some_words() {
  return at::tensor({5.F, 9.F, 5.F, 0.F, 16777215.F, 7.F, 0.F, 0.F}).view({2, 4});
}

TEST(WordVectors, AreSignsOfTheWordAlone) {
  constexpr std::int64_t kWidth = 300;
  const at::Tensor vectors = word_vectors(some_words(), kWidth);
  EXPECT_TRUE(at::equal(vectors[0][0], vectors[0][2]));
  EXPECT_EQ(vectors[0][3].abs().max().item<double>(), 0) << "no word";
  EXPECT_TRUE(vectors[0][0].abs().eq(1).all().item<bool>());
  const auto cosine = [&](const at::Tensor& a, const at::Tensor& b) {
    return (a * b).mean().item<double>();
  };
  EXPECT_LT(std::abs(cosine(vectors[0][0], vectors[0][1])), 0.25) << "nearly a right angle";
  EXPECT_LT(std::abs(cosine(vectors[1][0], vectors[1][1])), 0.25);
  EXPECT_LT(std::abs(vectors[0][0].mean().item<double>()), 0.25);
  // A narrower vector is the beginning of a wider one.
  EXPECT_TRUE(at::equal(word_vectors(some_words(), 7), vectors.slice(2, 0, 7)));
}

TEST(TextNetwork, IsTheMaskedNetworkWithoutItsHead) {
  const TextNetworkConfig config{.length = 4, .width = 6, .filters = 3, .kernels = {2, 3}};
  auto store = std::make_shared<ParameterStore>(text_parameters(config));
  store->freeze();
  for (std::size_t i = 0; i < config.kernels.size(); ++i) {  // as a file would give them
    const at::Tensor& weight = store->at("conv" + std::to_string(i + 1) + ".weight");
    weight.copy_(at::arange(weight.numel(), at::kFloat).sin().view_as(weight));
  }
  const TextNetwork network(config, store);
  EXPECT_EQ(network.input().part, kRows);
  EXPECT_EQ(network.input().row_width, 4);
  const at::Tensor features = network.features({{kRows, some_words()}}, at::kFloat).at("maximum");
  EXPECT_EQ(features.sizes(), (std::vector<std::int64_t>{2, config.features()}));
  const MaskedNetwork masked({.kind = MaskedNetworkKind::text,
                              .outputs = 2,
                              .length = config.length,
                              .embedding = config.width,
                              .filters = config.filters,
                              .kernels = config.kernels});
  const at::Tensor head = at::full({2, config.features()}, 0.5);
  const MaskedPass pass = masked.forward(
      word_vectors(some_words(), config.width),
      [&](std::size_t layer) {
        return layer < 2 ? store->at("conv" + std::to_string(layer + 1) + ".weight") : head;
      },
      {}, at::kFloat, NormMode::running);
  EXPECT_TRUE(at::equal(pass.features, features));
  EXPECT_GT(features.abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace dbot::nn
