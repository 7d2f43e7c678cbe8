#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/ops/clip_patches.h"
#include "dbot/ops/cuda/bodies/flat.h"
#include "dbot/ops/cuda/bodies/patches.h"
#include "dbot/ops/cuda/bodies/residual_norm_backward.h"
#include "dbot/ops/cuda/bodies/step.h"
#include "dbot/ops/cuda/bodies/token_loss.h"
#include "dbot/ops/cuda/bodies/tokens.h"
#include "tests/ops/cuda/gpu_tensors.h"
#include "tests/ops/cuda/host_grid.h"
#include "tests/ops/operation_table.h"

// What has to be so to the last bit: any order of blocks and threads, any alignment, pixels and
// rounding.
namespace dbot::ops::cuda {
namespace {

/// The same values at an address that is a multiple of four bytes alone.
at::Tensor moved_off(const at::Tensor& values) {
  at::Tensor room = at::empty({values.numel() + 1}, values.options());
  at::Tensor view = room.slice(0, 1).view(values.sizes());
  view.copy_(values);
  return view;
}

constexpr std::int64_t kRows = 1500, kWidth = 132;  // more than one row a block, more than a warp

/// Both passes of a residual norm, every result in one flat tensor.
at::Tensor residual_norm_results(HostOrder order, bool aligned) {
  const auto placed = [&](const at::Tensor& values) {
    return aligned ? values : moved_off(values);
  };
  const auto matrix = [&](std::uint64_t seed) { return placed(numbers({kRows, kWidth}, seed)); };
  const auto vector = [&](std::uint64_t seed) { return placed(numbers({kWidth}, seed)); };
  const at::Tensor x = matrix(1), branch = matrix(2), slope = matrix(3), outer = matrix(4);
  const at::Tensor scale = vector(5), weight = vector(6), bias = vector(7);
  const at::Tensor total = matrix(8), normed = matrix(8), gradient = matrix(8),
                   branch_gradient = matrix(8);
  const at::Tensor mean = at::empty({kRows}), inverse = at::empty({kRows});
  const at::Tensor sums = at::zeros({4, kWidth});
  const at::Tensor space = at::empty({column_workspace(kRows, 4 * kWidth)});
  ResidualNorm forward;
  forward.rows = kRows;
  forward.width = kWidth;
  forward.x = floats_of(x);
  forward.branch = memory_of(branch);
  forward.layer_scale = floats_of(scale);
  forward.weight = floats_of(weight);
  forward.bias = floats_of(bias);
  forward.eps = 1e-6;
  forward.total = floats_of(total);
  forward.normed = memory_of(normed);
  forward.mean = floats_of(mean);
  forward.inverse = floats_of(inverse);
  run_on_host(forward, order);
  ResidualNormBackward backward;
  backward.rows = kRows;
  backward.width = kWidth;
  backward.normed_gradient = memory_of(slope);
  backward.total = floats_of(total);
  backward.mean = floats_of(mean);
  backward.inverse = floats_of(inverse);
  backward.weight = floats_of(weight);
  backward.outer = floats_of(outer);
  backward.branch = memory_of(branch);
  backward.layer_scale = floats_of(scale);
  backward.total_gradient = floats_of(gradient);
  backward.branch_gradient = memory_of(branch_gradient);
  backward.workspace = floats_of(space);
  backward.weight_gradient = floats_of(sums[0]);
  backward.bias_gradient = floats_of(sums[1]);
  backward.branch_sum = floats_of(sums[2]);
  backward.layer_scale_gradient = floats_of(sums[3]);
  run_on_host(backward, order);
  return at::cat({total.flatten(), normed.flatten(), gradient.flatten(), branch_gradient.flatten(),
                  mean, inverse, sums.flatten()});
}

at::Tensor loss_results(HostOrder order, bool aligned) {
  const auto matrix = [&](std::uint64_t seed) {
    const at::Tensor values = numbers({kRows, kWidth}, seed);
    return aligned ? values : moved_off(values);
  };
  const at::Tensor prediction = matrix(1), target = matrix(2), gradient = matrix(3);
  const at::Tensor of_rows = at::empty({kRows}), loss = at::empty({1});
  TokenLoss a;
  a.rows = kRows;
  a.width = kWidth;
  a.prediction = memory_of(prediction);
  a.target = memory_of(target);
  a.kind = LossKind::smooth_l1;
  a.beta = 2;
  a.standardise = true;
  a.gradient = memory_of(gradient);
  a.row_losses = floats_of(of_rows);
  a.loss = floats_of(loss);
  run_on_host(a, order);
  return at::cat({gradient.flatten(), loss});
}

/// The norm of a few chunks and an end, and the update.
at::Tensor step_results(HostOrder order, bool aligned) {
  constexpr std::int64_t kCount = 3 * kNormChunk + 77;
  const auto flat = [&](std::uint64_t seed) {
    const at::Tensor values = numbers({kCount}, seed);
    return aligned ? values : moved_off(values);
  };
  const at::Tensor values = flat(1), gradients = flat(2), first = flat(3), second = flat(4).abs_();
  const at::Tensor sums = at::empty({norm_chunks(kCount)}, at::kDouble);
  StepFactors factors;
  const float rate = 0.01F;
  const float steps = 5, skipped = 0, divisor = 2;
  run_on_host(Squares{kCount, floats_of(gradients), sums.mutable_data_ptr<double>()}, order);
  PrepareUpdate prepare;
  prepare.rate = &rate;
  prepare.divisor = &divisor;
  prepare.skipped = &skipped;
  prepare.count = &steps;
  prepare.beta1 = 0.9;
  prepare.beta2 = 0.95;
  prepare.factors = &factors;
  run_on_host(prepare, order);
  AdamWUpdate update;
  update.count = kCount;
  update.values = floats_of(values);
  update.gradients = floats_of(gradients);
  update.exp_avg = floats_of(first);
  update.exp_avg_sq = floats_of(second);
  update.beta1 = 0.9;
  update.beta2 = 0.95;
  update.eps = 1e-8;
  update.weight_decay = 0.05;
  update.factors = &factors;
  run_on_host(update, order);
  return at::cat({values, first, second, sums.to(at::kFloat)});
}

at::Tensor token_results(HostOrder order, bool aligned) {
  constexpr std::int64_t kBatch = 40, kTokens = 33, kCount = 20;
  const at::Tensor outer = numbers({kBatch, kTokens, kWidth}, 1);
  const at::Tensor given = aligned ? outer : moved_off(outer);
  at::Tensor sources = at::full({kBatch, kTokens}, -1, at::kLong);
  for (std::int64_t i = 0; i < kCount; ++i) sources.select(1, i * 3 % kTokens).fill_(i);
  const at::Tensor own = at::empty({kBatch, kCount, kWidth}), shared = at::zeros({kWidth});
  const at::Tensor table = at::zeros({kTokens, kWidth});
  TokensBackward a;
  a.batch = kBatch;
  a.tokens = kTokens;
  a.count = kCount;
  a.width = kWidth;
  a.places = kTokens;
  a.sources = indices_of(sources);
  a.outer = floats_of(given);
  a.own_gradient = memory_of(own);
  a.shared_gradient = floats_of(shared);
  a.table_gradient = floats_of(table);
  const at::Tensor space = at::empty({token_workspace(a)});
  a.workspace = floats_of(space);
  run_on_host(a, order);
  return at::cat({own.flatten(), shared, table.flatten()});
}

TEST(GpuKernels, ChanceAndAddressesChangeNoBit) {
  for (const auto results :
       {&residual_norm_results, &loss_results, &step_results, &token_results}) {
    const at::Tensor plain = results(HostOrder::forward, true);
    EXPECT_TRUE(plain.isfinite().all().item<bool>());
    EXPECT_TRUE(plain.equal(results(HostOrder::backward, true)));
    EXPECT_TRUE(plain.equal(results(HostOrder::shuffled, true)));
    EXPECT_TRUE(plain.equal(results(HostOrder::forward, false)));
  }
}

/// By the kernel, in this type.
at::Tensor patches(const Clips& clips, const Tubelet& tubelet, PatchOrder order,
                   const at::Tensor& rows, at::ScalarType type) {
  const at::Tensor& pixels = clips.pixels;
  const std::int64_t all = pixels.size(2) / tubelet.frames * (pixels.size(3) / tubelet.size) *
                           (pixels.size(4) / tubelet.size);
  const std::int64_t wanted = rows.defined() ? rows.size(1) : all;
  at::Tensor result = at::empty(
      {pixels.size(0), wanted, pixels.size(1) * tubelet.frames * tubelet.size * tubelet.size},
      type);
  Patches a;
  a.batch = pixels.size(0);
  a.wanted = wanted;
  a.channels = pixels.size(1);
  a.frames = pixels.size(2);
  a.height = pixels.size(3);
  a.width = pixels.size(4);
  a.tubelet_frames = tubelet.frames;
  a.size = tubelet.size;
  a.channel_last = order == PatchOrder::channel_last;
  a.bytes = pixels.scalar_type() == at::kByte;
  a.pixels = memory_of(pixels);
  a.scale = floats_of(clips.scale);
  a.shift = floats_of(clips.shift);
  a.rows = indices_of(rows);
  a.patches = memory_of(result);
  a.element = element_of(result);
  run_on_host(a);
  return result;
}

TEST(GpuKernels, PatchesAreThoseOfTheHost) {
  const at::Tensor rows = at::full({2, 3}, 1, at::kLong);
  rows.select(1, 0).fill_(7);
  rows.select(1, 2).fill_(4);
  for (const std::int64_t size : {2, 4, 14, 16}) {
    for (const std::int64_t channels : {1, 3}) {
      const at::Tensor bytes = (table_numbers({2, channels, 4, 2 * size, 3 * size}, 1) * 60 + 120)
                                   .clamp(0, 255)
                                   .to(at::kByte);
      const Clips of_bytes(bytes, numbers({channels}, 2), numbers({channels}, 3));
      const Clips of_floats(numbers(bytes.sizes().vec(), 4));
      for (const Clips& clips : {of_bytes, of_floats}) {
        for (const PatchOrder order : {PatchOrder::channel_first, PatchOrder::channel_last}) {
          for (const at::Tensor& wanted : {at::Tensor(), rows}) {
            const Tubelet tubelet{.frames = 2, .size = size};
            const at::Tensor expected = clip_patches(clips, tubelet, order, wanted);
            EXPECT_TRUE(patches(clips, tubelet, order, wanted, at::kFloat).equal(expected));
            EXPECT_TRUE(patches(clips, tubelet, order, wanted, at::kBFloat16)
                            .equal(expected.to(at::kBFloat16)));
          }
        }
      }
    }
  }
}

TEST(GpuKernels, NarrowedAsLibTorchDoes) {
  // All upper halves, with lower ones around the middle between two bfloat16 numbers.
  std::vector<float> values;
  values.reserve(6 * 0x10000);
  for (std::uint32_t high = 0; high < 0x10000; ++high) {
    for (const std::uint32_t low : {0U, 1U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU}) {
      const std::uint32_t bits = high << 16 | low;
      float value = 0;
      std::memcpy(&value, &bits, sizeof value);
      values.push_back(value);
    }
  }
  const at::Tensor all = at::empty({static_cast<std::int64_t>(values.size())});
  std::memcpy(all.mutable_data_ptr(), values.data(), values.size() * sizeof(float));
  const at::Tensor low = at::empty(all.sizes(), at::kBFloat16);
  run_on_host(Narrowed{all.numel(), floats_of(all), memory_of(low)});
  const at::Tensor is_number = all.isnan().logical_not(), expected = all.to(at::kBFloat16);
  EXPECT_TRUE(low.isnan().equal(all.isnan()));
  EXPECT_TRUE(low.masked_select(is_number).equal(expected.masked_select(is_number)));
}

}  // namespace
}  // namespace dbot::ops::cuda
