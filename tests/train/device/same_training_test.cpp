// Training on a device that is not there comes to what the host's reference path comes to, and the
// host looks at nothing inside a step.
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "tests/train/device/device_training.h"

namespace dbot::train {
namespace {

using test::fake::Transfer;
using test::fake::Watch;

struct TinySystem {
  std::string name;
  methods::MaskedModelingConfig config;
  std::string device;

  /// With a GPU's kernels sums have other places than on the host.
  bool same_arithmetic() const { return device == "fake"; }
};

std::vector<TinySystem> tiny_systems() {
  std::vector<TinySystem> systems;
  for (const std::string device : {"fake", "kernels"}) {
    systems.push_back({"mae", tiny_pixels(), device});
    systems.push_back({"dbot", tiny_method(), device});
    systems.push_back({"symmetric", tiny_symmetric(), device});
    systems.push_back({"average", tiny_average(), device});
  }
  return systems;
}

class OnADevice : public TrainerTest, public testing::WithParamInterface<TinySystem> {
 protected:
  struct Trained {
    std::unique_ptr<MethodOn> method;
    std::vector<StepRecord> steps;
  };

  /// Two stages of ten steps.
  Trained train_on(const std::string& device) {
    settings_.plan = {.steps_per_epoch = 8, .stage_begin = {0, 10, 20}, .warmup_steps = {2, 2}};
    settings_.checkpoint_folder = folder_ / ("checkpoints on " + device);
    use_exact_rates(settings_.schedule, settings_.optimizer, 1.0 / 1024);
    settings_.optimizer.weight_decay = 0.05;
    Trained trained{std::make_unique<MethodOn>(GetParam().config, device), {}};
    Recorder recorder;
    trainer(*trained.method, {&recorder}).run(stop_);
    trained.steps = recorder.steps;
    return trained;
  }
};

/// Without the gradient of keys' biases, which is zero but for rounding, and what an optimizer
/// makes of that noise.
at::Tensor without_key_bias(const std::string& name, const at::Tensor& value) {
  at::Tensor here = value.detach().cpu();
  if (!name.ends_with("attn.qkv.bias")) return here;
  return at::cat({here.chunk(3)[0], here.chunk(3)[2]});
}

TEST_P(OnADevice, TwentyStepsAndAStageSwitchGiveTheLossesNormsAndWeightsOfTheHost) {
  const Trained here = [&] {
    const ReferenceKernels reference;
    return train_on("cpu");
  }();
  const Trained there = train_on(GetParam().device);
  const double limit = GetParam().same_arithmetic() ? 1e-6 : 2e-5;
  ASSERT_EQ(here.steps.size(), 20u);
  ASSERT_EQ(there.steps.size(), 20u);
  for (std::size_t i = 0; i < here.steps.size(); ++i) {
    const StepRecord &ours = there.steps[i], &expected = here.steps[i];
    EXPECT_EQ(ours.state.step, expected.state.step);
    EXPECT_EQ(ours.state.stage, expected.state.stage);
    EXPECT_EQ(ours.state.images_seen, expected.state.images_seen);
    EXPECT_EQ(ours.learning_rate, expected.learning_rate);
    EXPECT_LT(distance(ours.loss, expected.loss), limit) << "loss of step " << i + 1;
    EXPECT_LT(distance(ours.gradient_norm, expected.gradient_norm), limit) << "norm " << i + 1;
  }
  for (const auto& [name, value] : here.method->state()) {
    if (!value.is_floating_point()) continue;
    const at::Tensor ours = there.method->state().at(name);
    EXPECT_EQ(ours.device(), at::Device(test::fake::device())) << name;
    EXPECT_LT(distance(without_key_bias(name, ours), without_key_bias(name, value)), limit) << name;
  }
}

/// What happens on the device from one micro-batch to the next: the rest of a step, and the next
/// one up to there.
class Periods : public TrainObserver {
 public:
  struct Period {
    std::vector<Transfer> reads, late_reads, uploads;
    std::vector<std::string> operators;
  };
  void on_micro_batch(const StepProgress& progress, methods::Method&) override {
    periods[progress.state.step + 1] = {.reads = watch_.transfers(Transfer::Kind::read),
                                        .late_reads = watch_.transfers(Transfer::Kind::late_read),
                                        .uploads = watch_.transfers(Transfer::Kind::upload),
                                        .operators = watch_.operators()};
    watch_.restart();
  }
  std::map<std::int64_t, Period> periods;

 private:
  Watch watch_;
};

TEST_P(OnADevice, AStepReadsNothingAndUploadsEachTensorOfItsBatchOnce) {
  settings_.plan = {.steps_per_epoch = 100, .stage_begin = {0, 20}, .warmup_steps = {2}};
  MethodOn method(GetParam().config, GetParam().device);
  std::optional<Periods> periods(std::in_place);
  trainer(method, {&*periods}).run(stop_);
  ASSERT_EQ(periods->periods.size(), 20u);
  const std::vector<std::string>& expected = periods->periods.at(4).operators;
  EXPECT_GT(expected.size(), 100u);
  for (std::int64_t step = 4; step <= 20; ++step) {
    const Periods::Period& period = periods->periods.at(step);
    EXPECT_THAT(period.reads, testing::IsEmpty()) << text_of(period.reads);
    EXPECT_EQ(period.late_reads.size(), 1u) << "the record of the step before";
    // Images, masks or their noise, and stochastic depth.
    EXPECT_EQ(period.uploads.size(), 3u) << text_of(period.uploads);
    EXPECT_EQ(period.operators, expected) << "step " << step << " is another than step 4";
  }
}

TEST_P(OnADevice, StoppedAndResumedAnywhereEndsWithTheSameBits) {
  const std::string device = GetParam().device;
  MethodOn whole(GetParam().config, device);
  trainer(whole).run(stop_);
  for (const std::int64_t stop_at : {3, 6, 7}) {  // inside an epoch, a stage's end, behind it
    std::filesystem::remove_all(settings_.checkpoint_folder);
    core::StopRequest stop;
    StopAfter observer(stop, stop_at);
    MethodOn first(GetParam().config, device), second(GetParam().config, device);
    EXPECT_FALSE(trainer(first, {&observer}).run(stop).finished);
    Trainer resumed = trainer(second);
    resumed.resume(*read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log()));
    EXPECT_TRUE(resumed.run(core::StopRequest()).finished);
    EXPECT_TRUE(same_state(whole, second)) << "after " << stop_at;
  }
}

TEST_P(OnADevice, ARunThatWasBegunOnTheHostGoesOnThereAndBack) {
  std::optional<ReferenceKernels> reference;
  if (GetParam().same_arithmetic()) reference.emplace();
  MethodOn whole(GetParam().config, "cpu");
  Recorder expected;
  trainer(whole, {&expected}).run(stop_);
  std::filesystem::remove_all(settings_.checkpoint_folder);
  Recorder found;
  const std::string host = "cpu";
  for (const auto& [device, until] :
       {std::pair{host, 3}, std::pair{GetParam().device, 8}, std::pair{host, 12}}) {
    core::StopRequest stop;
    StopAfter observer(stop, until);
    MethodOn method(GetParam().config, device);
    Trainer trained = trainer(method, {&found, &observer});
    const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
    if (checkpoint) trained.resume(*checkpoint);
    trained.run(stop);
  }
  // Where it was stopped, the record of one more step may come.
  std::map<std::int64_t, double> losses;
  for (const StepRecord& step : found.steps) losses[step.state.step] = step.loss;
  ASSERT_EQ(losses.size(), expected.steps.size());
  for (const StepRecord& step : expected.steps) {
    EXPECT_LT(distance(losses.at(step.state.step), step.loss),
              GetParam().same_arithmetic() ? 1e-5 : 1e-4)
        << step.state.step;
  }
}

INSTANTIATE_TEST_SUITE_P(Systems, OnADevice, testing::ValuesIn(tiny_systems()),
                         [](const auto& system) {
                           return system.param.name + "_" + system.param.device;
                         });

// ---- What is wrong on a GPU fails these tests, too. ----

TEST_F(TrainerTest, APlantedReadIsSeenAndNamed) {
  settings_.plan = one_stage(3);
  AsksForItsLoss method;
  std::optional<Periods> periods(std::in_place);
  trainer(method, {&*periods}).run(stop_);
  const auto& reads = periods->periods.at(3).reads;
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_THAT(reads.front().caller, testing::HasSubstr("train::GradientStep::add"));
}

/// Adds a constant that was left on the host.
class AddsAConstant : public MethodOn {
 public:
  AddsAConstant() : MethodOn(tiny_method(), "fake") {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    methods::StepResult result = MethodOn::training_step(batch, draws, context);
    result.loss = result.loss.add(at::ones({1})).sum();
    return result;
  }
};

TEST_F(TrainerTest, APlantedConstantOfTheHostIsRefused) {
  AddsAConstant method;
  EXPECT_THROW(trainer(method).run(stop_), std::exception);
}

/// Looks at its loss by a pointer.
class TakesAPointer : public MethodOn {
 public:
  TakesAPointer() : MethodOn(tiny_method(), "fake") {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    methods::StepResult result = MethodOn::training_step(batch, draws, context);
    last = result.loss.const_data_ptr<float>()[0];
    return result;
  }
  float last = 0;
};

TEST_F(TrainerTest, APlantedPointerOfTheHostEndsTheProgram) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        TakesAPointer method;
        trainer(method).run(stop_);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

}  // namespace
}  // namespace dbot::train
