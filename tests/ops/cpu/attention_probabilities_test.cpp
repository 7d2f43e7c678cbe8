#include "dbot/ops/attention_probabilities.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace dbot::ops {
namespace {

constexpr std::int64_t kTokens = 5, kWidth = 6, kHeads = 2, kHeadWidth = 3;

at::Tensor waves(std::vector<std::int64_t> shape, double phase) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  return (at::arange(count, at::kDouble) * 7.13 + phase).sin().to(at::kFloat).view(shape);
}

TransformerBlockWeights weights() {
  TransformerBlockWeights block;
  block.norm1_weight = 1 + 0.3 * waves({kWidth}, 1);
  block.norm1_bias = 0.2 * waves({kWidth}, 2);
  block.qkv_weight = waves({3 * kWidth, kWidth}, 3);
  block.qkv_bias = waves({3 * kWidth}, 4);
  return block;
}

/// The formula, number by number.
double by_hand(const at::Tensor& x, std::int64_t head, std::int64_t query, std::int64_t key) {
  const TransformerBlockWeights w = weights();
  const auto value = [](const at::Tensor& t) { return t.item<double>(); };
  const auto normed = [&](std::int64_t token, std::int64_t channel) {
    double mean = 0, square = 0;
    for (std::int64_t i = 0; i < kWidth; ++i) mean += value(x[0][token][i]) / kWidth;
    for (std::int64_t i = 0; i < kWidth; ++i) {
      square += std::pow(value(x[0][token][i]) - mean, 2) / kWidth;
    }
    return (value(x[0][token][channel]) - mean) / std::sqrt(square + 1e-6) *
               value(w.norm1_weight[channel]) +
           value(w.norm1_bias[channel]);
  };
  const auto projected = [&](std::int64_t part, std::int64_t token, std::int64_t i) {
    const std::int64_t row = part * kWidth + head * kHeadWidth + i;
    double sum = value(w.qkv_bias[row]);
    for (std::int64_t j = 0; j < kWidth; ++j) sum += value(w.qkv_weight[row][j]) * normed(token, j);
    return sum;
  };
  std::vector<double> weight(kTokens);
  double sum = 0;
  for (std::int64_t token = 0; token < kTokens; ++token) {
    double logit = 0;
    for (std::int64_t i = 0; i < kHeadWidth; ++i) {
      logit += projected(0, query, i) * projected(1, token, i);
    }
    weight[static_cast<std::size_t>(token)] = std::exp(logit / std::sqrt(double{kHeadWidth}));
    sum += weight[static_cast<std::size_t>(token)];
  }
  return weight[static_cast<std::size_t>(key)] / sum;
}

TEST(AttentionProbabilities, AreTheSoftmaxOfQueriesAndKeys) {
  const at::Tensor x = waves({1, kTokens, kWidth}, 0);
  const at::Tensor found = attention_probabilities(x, weights(), {.heads = kHeads}, kTokens);
  ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{1, kHeads, kTokens, kTokens}));
  for (const auto& [head, query, key] :
       {std::array<std::int64_t, 3>{0, 0, 0}, {0, 3, 1}, {1, 0, 4}, {1, 2, 2}, {1, 4, 0}}) {
    EXPECT_NEAR(found[0][head][query][key].item<double>(), by_hand(x, head, query, key), 1e-5);
  }
}

TEST(AttentionProbabilities, RowsSumToOneAndFewerQueriesAreTheFirst) {
  const at::Tensor x = waves({3, kTokens, kWidth}, 5);
  const at::Tensor all = attention_probabilities(x, weights(), {.heads = kHeads}, kTokens);
  EXPECT_LT((all.sum(-1) - 1).abs().max().item<double>(), 1e-6);
  const at::Tensor cls = attention_probabilities(x, weights(), {.heads = kHeads}, 1);
  EXPECT_LT((cls - all.narrow(2, 0, 1)).abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace dbot::ops
