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
  at::Tensor sums = at::empty({norm_chunks(kCount)}, at::kDouble);
  float rate = 0.001F, steps = 0, loss = 1;
  double clip_norm = 3;
  StepFactors factors;

  void step(const at::Tensor& gradient) {
    gradients.copy_(gradient);
    run_on_host(Squares{kCount, floats_of(gradients), sums.mutable_data_ptr<double>()});
    FinishStep finish;
    finish.count = sums.numel();
    finish.sums = sums.const_data_ptr<double>();
    finish.loss = &loss;
    finish.clip_norm = clip_norm;
    finish.beta1 = kBeta1;
    finish.beta2 = kBeta2;
    finish.rate = &rate;
    finish.steps = &steps;
    finish.factors = &factors;
    run_on_host(finish);
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

TEST(GpuStep, IsTheHostsStepForStep) {
  Optimizer ours;
  const at::Tensor values = ours.values.clone(), gradients = at::zeros({Optimizer::kCount});
  const at::Tensor first = ours.first.clone(), second = ours.second.clone();
  for (std::int64_t step = 1; step <= 6; ++step) {
    const at::Tensor gradient = numbers({Optimizer::kCount}, 10 + static_cast<std::uint64_t>(step));
    ours.rate = 0.001F * static_cast<float>(step);
    ours.step(gradient);
    const double norm = std::sqrt(sum_of_squares(gradient));
    gradients.copy_(gradient);
    adamw_update({values, gradients, first, second},
                 {.learning_rate = 0.001 * static_cast<double>(step),
                  .beta1 = Optimizer::kBeta1,
                  .beta2 = Optimizer::kBeta2,
                  .eps = 1e-8,
                  .weight_decay = 0.05,
                  .gradient_scale = 3 / (norm + 1e-6),
                  .step = step});
    EXPECT_FLOAT_EQ(ours.factors.norm, static_cast<float>(norm));
    EXPECT_EQ(ours.steps, static_cast<float>(step));
    EXPECT_TRUE(ours.values.allclose(values, 2e-6, 2e-6));
    EXPECT_TRUE(ours.first.allclose(first, 2e-6, 1e-9));
    EXPECT_TRUE(ours.second.allclose(second, 2e-6, 1e-12));
  }
}

TEST(GpuStep, ASkippedOneChangesNeitherValuesNorMoments) {
  const auto planted = [](float value) {
    at::Tensor gradient = numbers({Optimizer::kCount}, 5);
    gradient[Optimizer::kCount - 1] = value;
    return gradient;
  };
  struct Fault {
    at::Tensor gradient;
    float loss;
  };
  // The square of the third overflows, which the second moment could not hold.
  for (const Fault& fault :
       {Fault{planted(std::numeric_limits<float>::infinity()), 1},
        Fault{planted(std::numeric_limits<float>::quiet_NaN()), 1}, Fault{planted(3e30F), 1},
        Fault{numbers({Optimizer::kCount}, 5), std::numeric_limits<float>::quiet_NaN()}}) {
    Optimizer ours;
    ours.step(numbers({Optimizer::kCount}, 4));
    const at::Tensor values = ours.values.clone(), first = ours.first.clone();
    const at::Tensor second = ours.second.clone();
    ours.loss = fault.loss;
    ours.step(fault.gradient);
    EXPECT_EQ(ours.factors.found_inf, 1);
    EXPECT_EQ(ours.steps, 1);
    EXPECT_TRUE(ours.values.equal(values));
    EXPECT_TRUE(ours.first.equal(first));
    EXPECT_TRUE(ours.second.equal(second));
    EXPECT_EQ(ours.gradients.abs().max().item<float>(), 0);
    ours.loss = 1;
    ours.step(numbers({Optimizer::kCount}, 4));
    EXPECT_EQ(ours.factors.found_inf, 0);
    EXPECT_EQ(ours.steps, 2);
    EXPECT_FALSE(ours.values.equal(values));
  }
}

TEST(GpuStep, ClipsOnlyWhatIsLongerThanAsked) {
  Optimizer ours;
  ours.clip_norm = 0;
  ours.step(numbers({Optimizer::kCount}, 4));
  EXPECT_EQ(ours.factors.clip_scale, 1);
  ours.clip_norm = 1.5 * static_cast<double>(ours.factors.norm);
  ours.step(numbers({Optimizer::kCount}, 4));
  EXPECT_EQ(ours.factors.clip_scale, 1);
  ours.clip_norm = 0.5;
  ours.step(numbers({Optimizer::kCount}, 4));
  EXPECT_NEAR(ours.factors.clip_scale * ours.factors.norm, 0.5, 1e-6);
}

}  // namespace
}  // namespace dbot::ops::cuda
