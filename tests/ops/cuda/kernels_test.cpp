#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

#include "dbot/ops/cuda/bodies/activations.h"
#include "dbot/ops/cuda/bodies/flat.h"
#include "dbot/ops/cuda/bodies/patches.h"
#include "dbot/ops/cuda/bodies/residual_norm_backward.h"
#include "dbot/ops/cuda/bodies/token_loss.h"
#include "dbot/ops/cuda/bodies/tokens.h"
#include "tests/ops/cuda/gpu_tensors.h"
#include "tests/ops/cuda/host_grid.h"

namespace dbot::ops::cuda {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// ---- Loss ----

struct LossCase {
  at::Tensor prediction, target, weights;
  at::Tensor gradient = at::empty_like(prediction);
  at::Tensor of_rows = at::empty({prediction.size(0)}), loss = at::empty({});

  TokenLoss arguments(LossKind kind) const {
    TokenLoss a;
    a.rows = prediction.size(0);
    a.width = prediction.size(1);
    a.prediction = memory_of(prediction);
    a.target = memory_of(target);
    a.kind = kind;
    a.beta = 2;
    a.cosine_eps = 1e-6;
    a.standardise = true;
    a.weights = floats_of(weights);
    a.gradient = memory_of(gradient);
    a.row_losses = floats_of(of_rows);
    a.loss = floats_of(loss);
    return a;
  }
};

TEST(GpuTokenLoss, PaddingIsNotReadAndWeightsCount) {
  for (const LossKind kind : {LossKind::mse, LossKind::smooth_l1, LossKind::l1, LossKind::cosine}) {
    const LossCase plain{numbers({5, 12}, 1), numbers({5, 12}, 2), {}};
    run_on_host(plain.arguments(kind));
    // The same rows with two of padding between them.
    const at::Tensor weights = at::zeros({7});
    const LossCase padded{at::full({7, 12}, kNaN), at::full({7, 12}, kInfinity), weights};
    const std::vector<std::int64_t> places{0, 2, 3, 5, 6};
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      padded.prediction[places[i]].copy_(plain.prediction[row]);
      padded.target[places[i]].copy_(plain.target[row]);
      weights[places[i]] = 0.2;
    }
    run_on_host(padded.arguments(kind));
    EXPECT_FLOAT_EQ(padded.loss.item<float>(), plain.loss.item<float>());
    EXPECT_EQ(padded.gradient[1].abs().max().item<float>(), 0);
    EXPECT_EQ(padded.gradient[4].abs().max().item<float>(), 0);
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_TRUE(padded.gradient[places[i]].equal(plain.gradient[static_cast<std::int64_t>(i)]));
    }
  }
}

TEST(GpuTokenLoss, WhatIsNoNumberReachesTheLoss) {
  for (const LossKind kind : {LossKind::mse, LossKind::smooth_l1, LossKind::l1, LossKind::cosine}) {
    const LossCase broken{numbers({3, 8}, 1), numbers({3, 8}, 2), {}};
    broken.prediction[1][5] = kNaN;
    run_on_host(broken.arguments(kind));
    EXPECT_TRUE(std::isnan(broken.loss.item<float>()));
    EXPECT_TRUE(std::isnan(broken.gradient[1][5].item<float>()));
  }
}

TEST(GpuTokenLoss, AConstantTargetIsStandardisedToZero) {
  const LossCase flat{at::zeros({2, 48}), at::full({2, 48}, 0.1F), {}};
  run_on_host(flat.arguments(LossKind::mse));
  EXPECT_EQ(flat.loss.item<float>(), 0);
}

// ---- Residual, norm ----

TEST(GpuResidualNorm, ABranchThatIsLeftOutIsNotRead) {
  const at::Tensor x = numbers({4, 8}, 1), branch = at::full({4, 8}, kNaN),
                   total = at::empty({4, 8});
  const at::Tensor factors = at::zeros({2}), space = at::empty({column_workspace(4, 32)});
  ResidualNorm forward;
  forward.rows = 4;
  forward.width = 8;
  forward.tokens = 2;
  forward.x = floats_of(x);
  forward.branch = memory_of(branch);
  forward.branch_scale = floats_of(factors);
  forward.total = floats_of(total);
  run_on_host(forward);
  EXPECT_TRUE(total.equal(x));

  const at::Tensor outer = at::full({4, 8}, kInfinity), gradient = at::full({4, 8}, 3.0F);
  const at::Tensor sums = at::zeros({8});
  ResidualNormBackward backward;
  backward.rows = 4;
  backward.width = 8;
  backward.tokens = 2;
  backward.outer = floats_of(outer);
  backward.branch = memory_of(branch);
  backward.branch_scale = floats_of(factors);
  backward.total_gradient = floats_of(outer);
  backward.branch_gradient = memory_of(gradient);
  backward.workspace = floats_of(space);
  backward.branch_sum = floats_of(sums);
  run_on_host(backward);
  EXPECT_EQ(gradient.abs().max().item<float>(), 0);
  EXPECT_EQ(sums.abs().max().item<float>(), 0);
}

TEST(GpuResidualNorm, SumsAreAddedToWhatIsThere) {
  const at::Tensor x = numbers({6, 8}, 1), sums = at::full({8}, 2.0F), space = at::empty({6 * 8});
  ColumnSums a{.rows = 6, .width = 8, .x = memory_of(x)};
  a.workspace = floats_of(space);
  a.column_sums = floats_of(sums);
  run_on_host(a);
  EXPECT_TRUE(sums.allclose(x.sum(0) + 2));
}

// ---- Activations ----

TEST(GpuGelu, FarFromZeroItIsZeroOrTheValue) {
  for (const GeluKind kind : {GeluKind::exact, GeluKind::tanh, GeluKind::quick}) {
    const at::Tensor x = at::full({2}, 60.0F), y = at::empty({2});
    x[1] = -60.0F;
    run_on_host(Gelu{2, memory_of(x), memory_of(y), ElementType::float32, kind});
    EXPECT_EQ(y[0].item<float>(), 60.0F);
    EXPECT_NEAR(y[1].item<float>(), 0.0F, 1e-30F);
    if (kind == GeluKind::quick) continue;
    const at::Tensor gradient = at::full({2}, 1.0F);
    GeluBackward backward{
        .rows = 1, .width = 2, .x = memory_of(x), .gradient = memory_of(gradient)};
    backward.kind = kind;
    run_on_host(backward);
    EXPECT_EQ(gradient[0].item<float>(), 1.0F);
    EXPECT_NEAR(gradient[1].item<float>(), 0.0F, 1e-30F);
  }
}

TEST(GpuScaled, AFactorOfOneTouchesNothing) {
  const at::Tensor values = numbers({9}, 1);
  float factor = 0.5F;
  const at::Tensor halves = values * 0.5;
  const Scaled scaled{9, memory_of(values), ElementType::float32, &factor};
  run_on_host(scaled);
  EXPECT_TRUE(values.equal(halves));
  factor = 1;
  run_on_host(scaled);
  EXPECT_TRUE(values.equal(halves));
}

// ---- What is refused ----

template <typename Arguments>
bool refuses(const Arguments& arguments) {
  HostGrid grid;
  return launch(grid, arguments) == kRefused;
}

TEST(GpuKernels, RefuseWhatTheyCannotDo) {
  const at::Tensor some = at::zeros({64});
  float* memory = floats_of(some);
  const LossCase losses{numbers({2, 4}, 1), numbers({2, 4}, 2), {}};
  TokenLoss loss = losses.arguments(LossKind::smooth_l1);
  loss.width = kMostWidth + 1;
  EXPECT_TRUE(refuses(loss));
  loss.width = 4;
  loss.beta = 0;
  EXPECT_TRUE(refuses(loss));
  loss.beta = 1;
  loss.rows = 0;
  EXPECT_TRUE(refuses(loss));
  loss.rows = 2;
  loss.target_element = static_cast<ElementType>(7);
  EXPECT_TRUE(refuses(loss));

  ResidualNorm norm{.rows = 2, .width = 4, .x = memory};
  EXPECT_TRUE(refuses(norm)) << "nothing to do";
  norm.weight = norm.bias = memory;
  EXPECT_TRUE(refuses(norm)) << "no place for the result";

  GeluBackward gelu{.rows = 2, .width = 4, .x = memory, .gradient = memory};
  gelu.kind = GeluKind::quick;
  EXPECT_TRUE(refuses(gelu));

  Patches patches{.batch = 1, .wanted = 1, .channels = 1, .frames = 1, .height = 4, .width = 6};
  patches.tubelet_frames = 1;
  patches.size = 4;
  patches.pixels = patches.patches = memory;
  EXPECT_TRUE(refuses(patches)) << "6 is no multiple of 4";
  patches.width = 8;
  EXPECT_TRUE(refuses(patches)) << "all patches are two";
  patches.bytes = true;
  patches.wanted = 2;
  EXPECT_TRUE(refuses(patches)) << "no scale";
}

TEST(GpuKernels, NothingIsDoneForNoRows) {
  const at::Tensor sums = at::full({4}, 1.0F), x = at::empty({0, 4}), one = at::empty({4});
  ColumnSums a{.rows = 0, .width = 4, .x = memory_of(one)};
  a.workspace = floats_of(one);
  a.column_sums = floats_of(sums);
  run_on_host(a);
  EXPECT_TRUE(sums.equal(at::full({4}, 1.0F)));
  run_on_host(Narrowed{0, floats_of(one), memory_of(one)});
}

}  // namespace
}  // namespace dbot::ops::cuda
