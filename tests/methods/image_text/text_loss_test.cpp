#include "dbot/methods/image_text/text_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dbot::methods {
namespace {

/// Logits that say `guess` of each row, of four words: 3 for it, 0 for the others.
at::Tensor logits_for(const std::vector<std::int64_t>& guesses) {
  const at::Tensor logits = at::zeros({static_cast<std::int64_t>(guesses.size()), 4});
  for (std::size_t i = 0; i < guesses.size(); ++i) {
    logits[static_cast<std::int64_t>(i)][guesses[i]] = 3.0;
  }
  return logits;
}

TEST(TextLoss, EachTextCountsAsMuchAsAnother) {
  // The first text has three tokens that count, the second one, the third none.
  const at::Tensor counts =
      at::tensor({1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}).view({3, 4});
  const CountedTokens counted = counted_tokens(counts.to(at::kFloat));
  EXPECT_TRUE(at::equal(counted.places, at::tensor({0, 1, 3, 5}, at::kLong)));
  // The first three are guessed right, wrong and right; the one of the second text is right.
  const at::Tensor ids = at::tensor({2, 1, 0, 3}, at::kLong);
  const TextFigures figures = text_figures(logits_for({2, 3, 0, 3}), ids, counted.weights);
  EXPECT_NEAR(figures.accuracy.item<double>(), (2.0 / 3 + 1 + 0) / 3, 1e-6);
  const double sum = std::exp(3.0) + 3, right = std::log(sum) - 3, wrong = std::log(sum);
  EXPECT_NEAR(figures.loss.item<double>(), ((2 * right + wrong) / 3 + right) / 3, 1e-6);
}

TEST(TextLoss, ATextOfWhichNothingCountsAddsExactlyNothing) {
  const CountedTokens counted = counted_tokens(at::zeros({2, 3}));
  EXPECT_EQ(counted.places.numel(), 0);
  const at::Tensor logits = at::zeros({0, 4}).requires_grad_(true);
  const TextFigures figures = text_figures(logits, at::zeros({0}, at::kLong), counted.weights);
  EXPECT_EQ(figures.loss.item<float>(), 0);
  EXPECT_EQ(figures.accuracy.item<float>(), 0);
  figures.loss.backward();
}

}  // namespace
}  // namespace dbot::methods
