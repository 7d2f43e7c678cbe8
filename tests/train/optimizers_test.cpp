// Every kind of optimizer in the training loop: it learns, goes on with the same bits, and refuses
// the state of another kind.
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

using optim::OptimizerKind;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class EveryOptimizer : public TrainerTest, public testing::WithParamInterface<OptimizerKind> {
 protected:
  void SetUp() override {
    TrainerTest::SetUp();
    use(GetParam());
  }

  void use(OptimizerKind kind) {
    settings_.optimizer = optim::default_config(kind);
    const bool lars = kind == OptimizerKind::lars;
    settings_.optimizer.base_lr = (lars ? 0.02 : 1e-2) * 256 / 8;  // of 8 images a step
    settings_.optimizer.trust_coefficient = 0.05;
    settings_.optimizer.weight_decay = 1e-3;
    settings_.optimizer.nesterov = true;
    settings_.optimizer.clip_norm = 1.0;
  }

  /// Trains until a checkpoint after `step` steps and reads it.
  Checkpoint stopped_at(std::int64_t step) {
    core::StopRequest stop;
    methods::MaskedModeling method(tiny_method());
    StopAfter observer(stop, step);
    EXPECT_FALSE(trainer(method, {&observer}).run(stop).finished);
    return *read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  }
};

TEST_P(EveryOptimizer, StoppedAndResumedEndsBitIdentical) {
  for (const bool keep : {false, true}) {
    settings_.stages.keep_optimizer = keep;
    std::filesystem::remove_all(settings_.checkpoint_folder);
    methods::MaskedModeling uninterrupted(tiny_method()), resumed(tiny_method());
    trainer(uninterrupted).run(stop_);
    std::filesystem::remove_all(settings_.checkpoint_folder);
    const Checkpoint checkpoint = stopped_at(7);
    Trainer again = trainer(resumed);
    again.resume(checkpoint);
    EXPECT_TRUE(again.run(core::StopRequest()).finished);
    for (const auto& [name, value] : uninterrupted.state()) {
      EXPECT_TRUE(at::equal(value, resumed.state().at(name))) << name;
    }
  }
}

TEST_P(EveryOptimizer, Learns) {
  settings_.plan = one_stage(24);
  methods::MaskedModeling method(tiny_method());
  Recorder recorder;
  trainer(method, {&recorder}).run(stop_);
  const auto mean = [&](std::size_t begin) {
    double sum = 0;
    for (std::size_t step = begin; step < begin + 8; ++step) sum += recorder.steps[step].loss;
    return sum / 8;
  };
  EXPECT_LT(mean(16), mean(0));
}

TEST_P(EveryOptimizer, RefusesTheStateOfAnother) {
  const Checkpoint checkpoint = stopped_at(2);
  use(GetParam() == OptimizerKind::sgd ? OptimizerKind::lars : OptimizerKind::sgd);
  methods::MaskedModeling method(tiny_method());
  const std::string wanted = GetParam() == OptimizerKind::sgd ? "mu" : "momentum_buffer";
  EXPECT_THAT([&] { trainer(method).resume(checkpoint); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("[optimizer]"), HasSubstr(wanted))));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryOptimizer,
                         testing::Values(OptimizerKind::adamw, OptimizerKind::adam,
                                         OptimizerKind::sgd, OptimizerKind::lars),
                         [](const auto& kind) {
                           return optim::optimizer_kinds()[static_cast<std::size_t>(kind.param)];
                         });

}  // namespace
}  // namespace dbot::train
