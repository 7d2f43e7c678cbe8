// Updates whose numbers stay on a device come to those that the host makes.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/optim/optimizer.h"
#include "tests/support/fake_device/fake_device.h"
#include "tests/support/fake_device/test_devices.h"

namespace dbot::optim {
namespace {

constexpr std::int64_t kValues = 5003, kFirst = 1001;
constexpr double kClip = 3;

/// One flat buffer of values and one of gradients, in two groups.
struct FlatBuffers {
  explicit FlatBuffers(const runtime::Device& device)
      : values(drawn(1).to(at::Device(device))), gradients(values.mul(0)) {}

  static at::Tensor drawn(std::uint64_t seed) {
    return at::randn({kValues}, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat);
  }
  std::vector<ParameterGroup> groups() const {
    return {{.values = values.slice(0, 0, kFirst), .gradients = gradients.slice(0, 0, kFirst)},
            {.values = values.slice(0, kFirst),
             .gradients = gradients.slice(0, kFirst),
             .weight_decay = 0.05,
             .rate_scale = 0.5,
             .layers = {{0, 2000}, {2000, kValues - kFirst}}}};
  }
  void take_gradients(int step) const {
    gradients.copy_(drawn(static_cast<std::uint64_t>(100 + step)));
    if (step == 3) gradients.slice(0, 17, 18).fill_(std::numeric_limits<double>::infinity());
  }

  at::Tensor values, gradients;
};

double apart(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor expected = b.cpu().to(at::kDouble);
  return ((a.cpu().to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

class StepsOnADevice : public testing::TestWithParam<OptimizerKind> {
 protected:
  void SetUp() override { test::fake::install(); }

  OptimizerConfig config() const {
    OptimizerConfig config = default_config(GetParam());
    config.clip_norm = kClip;
    return config;
  }
  /// Skipped where the norm is not finite.
  static void step_here(Optimizer& optimizer, const FlatBuffers& buffers, double rate) {
    const double norm = optimizer.gradient_norm();
    if (!std::isfinite(norm)) {
      buffers.gradients.zero_();
      return;
    }
    optimizer.step(rate, Optimizer::clip_scale(norm, kClip));
  }
  static void step_there(Optimizer& optimizer, double rate) {
    const at::Tensor norm = optimizer.gradient_norm_on_device();
    optimizer.set_rate(rate);
    optimizer.step_on_device(kClip, norm, at::isfinite(norm).logical_not().to(at::kFloat));
  }
};

TEST_P(StepsOnADevice, SixStepsOfWhichOneIsSkippedAreThoseOfTheHost) {
  const FlatBuffers here{runtime::Device{}}, there{test::fake::device()};
  const auto ours = make_optimizer(here.groups(), config());
  const auto theirs = make_optimizer(there.groups(), config());
  for (int step = 0; step < 6; ++step) {
    const double rate = 1e-3 * (step + 1);
    here.take_gradients(step);
    there.take_gradients(step);
    const at::Tensor before = there.values.clone();
    const runtime::NamedTensors state = runtime::on_host(theirs->state());
    runtime::NamedTensors kept;
    for (const auto& [name, tensor] : state) kept[name] = tensor.clone();
    step_here(*ours, here, rate);
    test::fake::Watch watch;
    step_there(*theirs, rate);
    EXPECT_EQ(watch.reads(), 0u);
    EXPECT_EQ(watch.uploads(), 0u);
    if (step != 3) continue;
    EXPECT_TRUE(at::equal(before, there.values)) << "a skipped step";
    for (const auto& [name, tensor] : runtime::on_host(theirs->state())) {
      EXPECT_TRUE(at::equal(tensor, kept.at(name))) << name;
    }
  }
  EXPECT_EQ(theirs->steps(), 5);
  EXPECT_LT(apart(there.values, here.values), 1e-6);
  for (const auto& [name, tensor] : ours->state()) {
    EXPECT_LT(apart(theirs->state().at(name), tensor), 1e-6) << name;
  }
  EXPECT_EQ(there.gradients.abs().max().item<float>(), 0);
}

TEST_P(StepsOnADevice, AStepByNumbersOfTheHostAndAStoredStateAreTheSame) {
  const FlatBuffers here{runtime::Device{}}, there{test::fake::device()};
  const auto ours = make_optimizer(here.groups(), config());
  const auto theirs = make_optimizer(there.groups(), config());
  here.take_gradients(0);
  there.take_gradients(0);
  ours->step(1e-3, 0.5);
  theirs->step(1e-3, 0.5);
  EXPECT_LT(apart(there.values, here.values), 1e-6);
  const FlatBuffers again{test::fake::device()};
  again.values.copy_(here.values);
  const auto resumed = make_optimizer(again.groups(), config());
  resumed->load_state(ours->state());
  EXPECT_EQ(resumed->steps(), 1);
  here.take_gradients(1);
  again.take_gradients(1);
  ours->step(1e-3);
  resumed->step(1e-3);
  EXPECT_EQ(resumed->steps(), 2);
  EXPECT_LT(apart(again.values, here.values), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Kinds, StepsOnADevice,
                         testing::Values(OptimizerKind::adamw, OptimizerKind::adam,
                                         OptimizerKind::sgd, OptimizerKind::lars),
                         [](const auto& kind) {
                           return optimizer_kinds()[static_cast<std::size_t>(kind.param)];
                         });

}  // namespace
}  // namespace dbot::optim
