#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/ops/adamw_update.h"
#include "dbot/ops/cuda/bodies/step.h"
#include "tests/ops/cuda/gpu_tensors.h"
#include "tests/ops/cuda/host_grid.h"

// The optimizer's step by the bodies of a GPU's kernels.
namespace dbot::ops::cuda {
namespace {

/// Flat buffers and what their steps read and write.
struct Optimizer {
  static constexpr std::int64_t kCount = 2 * kNormChunk + 13;
  static constexpr double kBeta1 = 0.9, kBeta2 = 0.95;

  at::Tensor values = numbers({kCount}, 1), gradients = at::zeros({kCount});
  at::Tensor first = at::zeros({kCount}), second = at::zeros({kCount});
  float rate = 0.001F, divisor = 1, skipped = 0, count = 0;
  StepFactors factors;

  void step(const at::Tensor& gradient) {
    gradients.copy_(gradient);
    count += 1 - skipped;
    PrepareUpdate prepare;
    prepare.rate = &rate;
    prepare.divisor = &divisor;
    prepare.skipped = &skipped;
    prepare.count = &count;
    prepare.beta1 = kBeta1;
    prepare.beta2 = kBeta2;
    prepare.factors = &factors;
    run_on_host(prepare);
    AdamWUpdate update;
    update.count = kCount;
    update.values = floats_of(values);
    update.gradients = floats_of(gradients);
    update.exp_avg = floats_of(first);
    update.exp_avg_sq = floats_of(second);
    update.beta1 = kBeta1;
    update.beta2 = kBeta2;
    update.eps = 1e-8;
    update.weight_decay = 0.05;
    update.factors = &factors;
    run_on_host(update);
  }
};

double sum_by_kernel(const at::Tensor& values) {
  const at::Tensor sums = at::zeros({norm_chunks(values.numel())}, at::kDouble);
  run_on_host(Squares{values.numel(), floats_of(values), sums.mutable_data_ptr<double>()});
  return sums.sum().item<double>();
}

TEST(GpuStep, IsTheHostsStepForStep) {
  Optimizer ours;
  const at::Tensor values = ours.values.clone(), gradients = at::zeros({Optimizer::kCount});
  const at::Tensor first = ours.first.clone(), second = ours.second.clone();
  for (std::int64_t step = 1; step <= 6; ++step) {
    const at::Tensor gradient = numbers({Optimizer::kCount}, 10 + static_cast<std::uint64_t>(step));
    ours.rate = 0.001F * static_cast<float>(step);
    ours.divisor = 1 + 0.5F * static_cast<float>(step);
    ours.step(gradient);
    gradients.copy_(gradient);
    adamw_update({values, gradients, first, second},
                 {.learning_rate = 0.001 * static_cast<double>(step),
                  .beta1 = Optimizer::kBeta1,
                  .beta2 = Optimizer::kBeta2,
                  .eps = 1e-8,
                  .weight_decay = 0.05,
                  .gradient_scale = 1 / (1 + 0.5 * static_cast<double>(step)),
                  .step = step});
    EXPECT_TRUE(ours.values.allclose(values, 2e-6, 2e-6));
    EXPECT_TRUE(ours.first.allclose(first, 2e-6, 1e-9));
    EXPECT_TRUE(ours.second.allclose(second, 2e-6, 1e-12));
  }
}

TEST(GpuStep, ASkippedOneChangesNeitherValuesNorMoments) {
  for (const float planted :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 3e30F}) {
    Optimizer ours;
    ours.step(numbers({Optimizer::kCount}, 4));
    const at::Tensor values = ours.values.clone(), first = ours.first.clone();
    const at::Tensor second = ours.second.clone(), gradient = numbers({Optimizer::kCount}, 5);
    gradient[Optimizer::kCount - 1] = planted;
    ours.skipped = 1;
    ours.divisor = planted;
    ours.step(gradient);
    EXPECT_TRUE(ours.values.equal(values));
    EXPECT_TRUE(ours.first.equal(first));
    EXPECT_TRUE(ours.second.equal(second));
    EXPECT_EQ(ours.gradients.abs().max().item<float>(), 0);
    ours.skipped = 0;
    ours.divisor = 1;
    ours.step(numbers({Optimizer::kCount}, 4));
    EXPECT_EQ(ours.count, 2);
    EXPECT_FALSE(ours.values.equal(values));
  }
}

TEST(GpuStep, TheSumOfSquaresTellsWhatIsNotFinite) {
  const at::Tensor gradient = numbers({Optimizer::kCount}, 5);
  EXPECT_NEAR(sum_by_kernel(gradient) / sum_of_squares(gradient), 1, 1e-9);
  // The square of the last overflows, which the second moment could not hold.
  for (const float planted :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 3e30F}) {
    gradient[Optimizer::kCount - 1] = planted;
    EXPECT_FALSE(std::isfinite(sum_by_kernel(gradient)));
  }
}

}  // namespace
}  // namespace dbot::ops::cuda
