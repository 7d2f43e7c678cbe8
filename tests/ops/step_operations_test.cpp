#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/ops/adamw_update.h"
#include "dbot/ops/assemble_tokens.h"
#include "dbot/ops/clip_patches.h"
#include "dbot/ops/cpu/row_operations.h"
#include "dbot/ops/image_patches.h"
#include "dbot/ops/token_loss.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/operation_table.h"

// What the table of operations cannot say: refusals, edges, and that threads change no bit.
namespace dbot::ops {
namespace {

/// Runs `body` with one thread and with three.
template <typename Body>
std::pair<at::Tensor, at::Tensor> with_threads(const Body& body) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = body();
  at::set_num_threads(3);
  const at::Tensor three = body();
  at::set_num_threads(before);
  return {one, three};
}

TEST(AdamWUpdate, ThreadsChangeNoBit) {
  const std::int64_t size = 100'003;
  const auto [one, three] = with_threads([size] {
    Tensors all;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      all.push_back(table_numbers({size}, seed).to(at::kFloat));
    }
    all[3].square_();
    const double sum = sum_of_squares(all[1]);
    adamw_update({all[0], all[1], all[2], all[3]}, {.learning_rate = 0.1, .weight_decay = 0.1});
    return all[0].to(at::kDouble) + sum;
  });
  EXPECT_TRUE(at::equal(one, three));
}

TEST(AdamWUpdate, APartIsUpdatedAsTheWhole) {
  const auto numbers = [](std::uint64_t seed) {
    return table_numbers({40'000}, seed).to(at::kFloat);
  };
  const at::Tensor whole = numbers(1), parts = numbers(1), gradient = numbers(2), same = numbers(2);
  const at::Tensor first = at::zeros({40'000}), second = at::zeros({40'000});
  adamw_update({whole, gradient, first.clone(), second.clone()}, {.learning_rate = 0.1});
  for (const auto& [begin, end] : {std::pair{0, 17}, {17, 20'001}, {20'001, 40'000}}) {
    adamw_update({parts.slice(0, begin, end), same.slice(0, begin, end), first.slice(0, begin, end),
                  second.slice(0, begin, end)},
                 {.learning_rate = 0.1});
  }
  EXPECT_TRUE(at::equal(whole, parts));
}

TEST(SumOfSquares, SaysWhatIsNotFinite) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1e30F}) {
    const at::Tensor values = at::ones({20'000});
    values[19'999] = value;
    EXPECT_FALSE(std::isfinite(sum_of_squares(values))) << value;
  }
  EXPECT_EQ(sum_of_squares(at::full({20'000}, 0.5)), 5'000);
  EXPECT_EQ(sum_of_squares(at::zeros({0})), 0);
}

TEST(AssembleTokens, ThreadsChangeNoBitOfAGradient) {
  const auto [one, three] = with_threads([] {
    const at::Tensor own = table_numbers({7, 3, 20}, 1).to(at::kFloat).requires_grad_(true);
    const at::Tensor shared = table_numbers({1, 1, 20}, 2).to(at::kFloat).requires_grad_(true);
    const at::Tensor sources = at::arange(-5, 3, at::kLong).clamp(-1).unsqueeze(0);
    assemble_tokens(own, shared, at::zeros({1, 8, 20}), {sources, {}})
        .backward(table_numbers({7, 8, 20}, 3).to(at::kFloat));
    return shared.grad();
  });
  EXPECT_TRUE(at::equal(one, three));
}

TEST(AssembleTokens, UnusedTokensHaveNoGradient) {
  const at::Tensor own = at::ones({2, 3, 4}).requires_grad_(true);
  const at::Tensor sources = at::full({1, 2}, 2, at::kLong);
  sources.select(1, 0).fill_(-1);
  assemble_tokens(own, at::zeros({1, 1, 4}), at::zeros({1, 2, 4}), {sources, {}})
      .backward(at::ones({2, 2, 4}));
  EXPECT_EQ(own.grad().narrow(1, 0, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(own.grad().select(1, 2).min().item<float>(), 1);
}

TEST(AssembleTokens, TrainsThePositionTableWhereThatIsAsked) {
  const at::Tensor table = at::zeros({1, 2, 4}).requires_grad_(true);
  assemble_tokens(at::ones({3, 1, 4}), at::zeros({1, 1, 4}), table,
                  {at::arange(-1, 1, at::kLong).unsqueeze(0), {}})
      .sum()
      .backward();
  EXPECT_EQ(table.grad().min().item<float>(), 3);
}

TEST(AssembleTokens, RefusesAPlanThatPointsOutside) {
  const at::Tensor own = at::ones({2, 3, 4}), shared = at::ones({1, 1, 4});
  const at::Tensor table = at::zeros({1, 2, 4});
  const at::Tensor good = at::zeros({1, 2}, at::kLong);
  EXPECT_THROW(assemble_tokens(own, shared, table, {good + 3, {}}), Error);
  EXPECT_THROW(assemble_tokens(own, shared, table, {good - 2, {}}), Error);
  EXPECT_THROW(assemble_tokens(own, shared, table, {good, good + 2}), Error);
  EXPECT_THROW(assemble_tokens(own, shared, at::zeros({1, 5, 4}), {good, {}}), Error);
}

TEST(ImagePatches, RefusesWhatDoesNotFit) {
  const at::Tensor bytes = at::zeros({1, 3, 4, 4}, at::kByte), floats = at::zeros({1, 3, 4, 4});
  const auto patches = [](const Images& images, std::int64_t size, const at::Tensor& rows = {}) {
    return image_patches(images, size, PatchOrder::channel_first, rows);
  };
  EXPECT_THROW(patches(floats, 3), Error);
  EXPECT_THROW(patches(bytes, 2), Error);
  EXPECT_THROW(patches({bytes, at::ones({2}), at::ones({2})}, 2), Error);
  EXPECT_THROW(patches({floats, at::ones({3}), at::ones({3})}, 2), Error);
  EXPECT_THROW(patches(floats, 2, at::full({1, 1}, 4, at::kLong)), Error);
  EXPECT_EQ(patches(floats, 2).sizes(), (at::IntArrayRef{1, 4, 12}));
}

TEST(ClipPatches, RefusesWhatDoesNotFit) {
  const at::Tensor bytes = at::zeros({1, 3, 4, 6, 6}, at::kByte), floats = at::zeros(bytes.sizes());
  const auto patches = [](const Clips& clips, const Tubelet& tubelet, const at::Tensor& rows = {}) {
    return clip_patches(clips, tubelet, PatchOrder::channel_first, rows);
  };
  EXPECT_THROW(patches(floats, {3, 3}), Error);
  EXPECT_THROW(patches(floats, {2, 4}), Error);
  EXPECT_THROW(patches(bytes, {2, 3}), Error);
  EXPECT_THROW(patches({bytes, at::ones({2}), at::ones({2})}, {2, 3}), Error);
  EXPECT_THROW(patches({floats, at::ones({3}), at::ones({3})}, {2, 3}), Error);
  EXPECT_THROW(patches(floats, {2, 3}, at::full({1, 1}, 8, at::kLong)), Error);
  EXPECT_THROW(patches(at::zeros({3, 4, 6, 6}), {2, 3}), Error);
  EXPECT_EQ(patches(floats, {2, 3}).sizes(), (at::IntArrayRef{1, 8, 54}));
  EXPECT_THROW(clip_from_patches(at::zeros({1, 8, 53}), {2, 3}, 2, 2, 3), Error);
  EXPECT_THROW(clip_from_patches(at::zeros({1, 7, 54}), {2, 3}, 2, 2, 3), Error);
}

TEST(ClipPatches, BecomeTheClipAgain) {
  const at::Tensor clips = table_numbers({2, 3, 4, 6, 9}, 1).to(at::kFloat);
  const at::Tensor patches = clip_patches(clips, {2, 3}, PatchOrder::channel_last);
  EXPECT_TRUE(at::equal(clip_from_patches(patches, {2, 3}, 2, 3, 3), clips));
}

TEST(ClipPatches, AreThoseOfTheFramesThatWereChosen) {
  const at::Tensor clips = table_numbers({2, 3, 5, 6, 6}, 1).to(at::kFloat);
  const std::vector<std::int64_t> frames{0, 2, 3, 4};
  const at::Tensor chosen =
      clip_patches(Clips(clips).at_frames(frames), {1, 3}, PatchOrder::channel_last);
  for (std::int64_t step = 0; step < 4; ++step) {
    const at::Tensor frame = clips.select(2, frames[static_cast<std::size_t>(step)]);
    EXPECT_TRUE(at::equal(chosen.slice(1, 4 * step, 4 * step + 4),
                          image_patches(frame, 3, PatchOrder::channel_last)));
  }
}

TEST(AssembleTokens, ThreadsChangeNoBitOfATablesGradient) {
  const auto [one, three] = with_threads([] {
    const at::Tensor table = table_numbers({1, 9, 20}, 2).to(at::kFloat).requires_grad_(true);
    const at::Tensor positions = at::arange(56, at::kLong).mul(5).remainder(9).view({7, 8});
    const at::Tensor sources = at::arange(-5, 3, at::kLong).clamp(-1).unsqueeze(0);
    assemble_tokens(at::zeros({7, 3, 20}), at::zeros({1, 1, 20}), table, {sources, positions})
        .backward(table_numbers({7, 8, 20}, 3).to(at::kFloat));
    return table.grad();
  });
  EXPECT_TRUE(at::equal(one, three));
}

TEST(MeanTokenLoss, AConstantTargetIsStandardisedToZero) {
  // 0.1 is no sum of powers of two: its mean over 300 values need not be 0.1 again.
  const at::Tensor prediction = at::full({4, 300}, 0.5), target = at::full({4, 300}, 0.1);
  const double loss =
      mean_token_loss(prediction, target, {.kind = LossKind::mse}, TargetScale::standardised)
          .item<double>();
  EXPECT_NEAR(loss, 0.25, simd::kernel_level() == simd::KernelLevel::reference ? 1e-3 : 1e-7);
}

TEST(MeanTokenLoss, ScalesItsGradientAndThreadsChangeNoBit) {
  const auto [one, three] = with_threads([] {
    const at::Tensor prediction = table_numbers({5, 9, 20}, 1).to(at::kFloat).requires_grad_(true);
    const at::Tensor target = table_numbers({5, 9, 20}, 2).to(at::kFloat);
    const at::Tensor loss = mean_token_loss(prediction, target, {}, TargetScale::standardised);
    loss.div(3.0).backward();
    return at::Tensor(prediction.grad() * loss.detach());
  });
  EXPECT_TRUE(at::equal(one, three));
  EXPECT_GT(one.abs().max().item<double>(), 0);
}

TEST(MeanTokenLoss, RefusesOtherShapesAndNothing) {
  const at::Tensor values = at::zeros({2, 3});
  EXPECT_THROW(mean_token_loss(values, at::zeros({3, 2}), {}, TargetScale::as_it_is), Error);
  EXPECT_THROW(mean_token_loss(at::zeros({0, 3}), at::zeros({0, 3}), {}, TargetScale::as_it_is),
               Error);
}

TEST(Gelu, HoldsAtItsEdges) {
  const float infinite = std::numeric_limits<float>::infinity();
  const at::Tensor x = at::zeros({1, 1, 6});
  const float values[] = {-infinite, -40.0F, 40.0F, infinite, std::nanf(""), 0.0F};
  for (std::int64_t i = 0; i < 6; ++i) x[0][0][i] = values[i];
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    const at::Tensor y = gelu(x)[0][0];
    EXPECT_NEAR(y[0].item<float>(), 0, 1e-6) << name(level);
    EXPECT_NEAR(y[1].item<float>(), 0, 1e-6) << name(level);
    EXPECT_NEAR(y[2].item<float>(), 40, 1e-5) << name(level);
    EXPECT_EQ(y[3].item<float>(), infinite) << name(level);
    EXPECT_TRUE(std::isnan(y[4].item<float>())) << name(level);
    EXPECT_EQ(y[5].item<float>(), 0) << name(level);
  }
  simd::use_kernel_level("auto");
}

}  // namespace
}  // namespace dbot::ops
