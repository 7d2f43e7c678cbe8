#include "dbot/ops/flat_updates.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/operation_table.h"

// What the table of operations cannot say: that threads and pieces change no bit, edges, refusals.
namespace dbot::ops {
namespace {

constexpr std::int64_t kSize = 100'003;

at::Tensor flat_numbers(std::uint64_t seed, std::int64_t size = kSize) {
  return table_numbers({size}, seed).to(at::kFloat);
}

/// Values, gradients, momentum.
struct Buffers {
  at::Tensor values = flat_numbers(1), gradients = flat_numbers(2), momentum = flat_numbers(3);

  MomentumTensors tensors() const { return {values, gradients, momentum}; }
  at::Tensor all() const { return at::cat({values, momentum}); }
};

const std::vector<FlatRange> kLayers{{16, 50'000}, {50'000, 50'007}, {60'000, kSize}};

TEST(FlatUpdates, ThreadsChangeNoBit) {
  const auto updated = [](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const Buffers sgd, lars;
    sgd_update(sgd.tensors(), {.learning_rate = 0.1, .nesterov = true, .weight_decay = 0.1});
    lars_update(lars.tensors(), kLayers, {.learning_rate = 0.1, .weight_decay = 0.1});
    move_towards(sgd.values, lars.values, 0.1);
    at::set_num_threads(before);
    return at::cat({sgd.all(), lars.all()});
  };
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    if (level == simd::KernelLevel::reference) continue;  // LibTorch's sums depend on its threads
    simd::use_kernel_level(level);
    EXPECT_TRUE(at::equal(updated(1), updated(3))) << name(level);
  }
  simd::use_kernel_level("auto");
}

TEST(FlatUpdates, LayersDoNotDependOnWhereTheyStand) {
  const Buffers whole, parts;
  lars_update(whole.tensors(), kLayers, {.learning_rate = 0.1, .weight_decay = 0.1});
  std::int64_t done = 0;
  const auto alone = [&](std::int64_t begin, std::int64_t end, std::vector<FlatRange> layers) {
    lars_update({parts.values.slice(0, begin, end), parts.gradients.slice(0, begin, end),
                 parts.momentum.slice(0, begin, end)},
                layers, {.learning_rate = 0.1, .weight_decay = 0.1});
    done = end;
  };
  for (const auto& [begin, end] : kLayers) {
    if (done < begin) alone(done, begin, {});
    alone(begin, end, {{0, end - begin}});
  }
  EXPECT_TRUE(at::equal(whole.all(), parts.all()));
}

TEST(FlatUpdates, ALayerWithoutANormIsNotScaled) {
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    const at::Tensor values = at::zeros({20}), gradients = at::ones({20}),
                     momentum = at::zeros({20});
    values.slice(0, 10).fill_(2);
    gradients.slice(0, 10).zero_();
    lars_update({values, gradients, momentum}, std::vector<FlatRange>{{0, 10}, {10, 20}},
                {.learning_rate = 0.5});
    EXPECT_TRUE(at::equal(values.slice(0, 0, 10), at::ones({10}) * -0.5F)) << name(level);
    EXPECT_TRUE(at::equal(values.slice(0, 10), at::ones({10}) * 2)) << name(level);
    EXPECT_EQ(gradients.abs().sum().item<float>(), 0) << name(level);
  }
  simd::use_kernel_level("auto");
}

TEST(FlatUpdates, AMovingAverageHasItsEnds) {
  const at::Tensor values = flat_numbers(1, 37), towards = flat_numbers(2, 37),
                   kept = values.clone();
  move_towards(values, towards, 0);
  EXPECT_TRUE(at::equal(values, kept));
  move_towards(values, towards, 1);
  EXPECT_TRUE(at::allclose(values, towards, 1e-6, 1e-6));
}

TEST(FlatUpdates, RefusesLayersThatOverlapOrLieOutside) {
  const Buffers buffers;
  const auto refused = [&](std::vector<FlatRange> layers) {
    EXPECT_THROW(lars_update(buffers.tensors(), layers, {.learning_rate = 0.1}), Error);
  };
  refused({{0, 20}, {10, 30}});
  refused({{20, 10}});
  refused({{0, kSize + 1}});
  refused({{-1, 5}});
  EXPECT_TRUE(at::equal(buffers.values, flat_numbers(1)));
}

}  // namespace
}  // namespace dbot::ops
