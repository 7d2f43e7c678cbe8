// Steps of a device that are recorded once and repeated come to the bits of plain ones. The fake
// device's graphs compute nothing while they are recorded, and read what they read then.
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>

#include "dbot/core/error.h"
#include "dbot/train/late/repeated_step.h"
#include "tests/train/device/device_training.h"

namespace dbot::train {
namespace {

using test::fake::Transfer;
using test::fake::Watch;
using testing::HasSubstr;

/// Whose draws are infinite in chosen micro-batches: what goes wrong comes with the values.
class InfiniteDraws : public MethodOn {
 public:
  InfiniteDraws(methods::MaskedModelingConfig config, const std::string& device,
                std::set<std::int64_t> faults)
      : MethodOn(std::move(config), device), faults_(std::move(faults)) {}

  methods::StepDraws draw(const data::Batch& batch,
                          const methods::DrawContext& context) const override {
    methods::StepDraws draws = MethodOn::draw(batch, context);
    if (faults_.contains(context.micro_batch)) {
      draws.at("drop_path").fill_(-std::numeric_limits<double>::infinity());
    }
    return draws;
  }

 private:
  std::set<std::int64_t> faults_;
};

struct GraphCase {
  std::string name;
  methods::MaskedModelingConfig config;
  std::string device;
  std::int64_t accumulate = 1;
};

std::vector<GraphCase> graph_cases() {
  return {{"mae", tiny_pixels(), "fake"},
          {"dbot", tiny_method(), "fake", 2},
          {"symmetric", tiny_symmetric(), "fake"},
          {"average", tiny_average(), "fake"},
          {"mae_kernels", tiny_pixels(), "kernels"},
          {"dbot_kernels", tiny_method(), "kernels"},
          {"symmetric_kernels", tiny_symmetric(), "kernels"}};
}

class Graph : public TrainerTest, public testing::WithParamInterface<GraphCase> {
 protected:
  void SetUp() override {
    TrainerTest::SetUp();
    if (GetParam().accumulate == 2) accumulate_two();
    settings_.plan = {.steps_per_epoch = 5, .stage_begin = {0, 10, 20}, .warmup_steps = {2, 2}};
  }
  std::unique_ptr<MethodOn> method(std::set<std::int64_t> faults = {}) const {
    return std::make_unique<InfiniteDraws>(GetParam().config, GetParam().device, std::move(faults));
  }
};

TEST_P(Graph, TwoStagesHaveTheBitsOfPlainSteps) {
  settings_.plan.steps_per_epoch = 100;  // a step is read while the next one runs
  const std::set<std::int64_t> faults{7 * GetParam().accumulate, 16 * GetParam().accumulate};
  Recorder plain, repeated;
  const auto one = method(faults), other = method(faults);
  trainer(*one, {&plain}).run(stop_);
  std::filesystem::remove_all(settings_.checkpoint_folder);
  settings_.train.graph = GraphUse::on;
  EXPECT_EQ(trainer(*other, {&repeated}).run(stop_).state.skipped_steps, 2);
  EXPECT_TRUE(same_state(*one, *other));
  ASSERT_EQ(plain.steps.size(), repeated.steps.size());
  for (std::size_t i = 0; i < plain.steps.size(); ++i) {
    const StepRecord &ours = repeated.steps[i], &expected = plain.steps[i];
    EXPECT_EQ(ours.state.step, expected.state.step);
    EXPECT_EQ(ours.skipped, i == 7 || i == 16);
    EXPECT_EQ(ours.skipped, expected.skipped);
    if (ours.skipped) continue;
    EXPECT_EQ(ours.loss, expected.loss) << i;
    EXPECT_EQ(ours.gradient_norm, expected.gradient_norm) << i;
    EXPECT_EQ(ours.learning_rate, expected.learning_rate) << i;
    EXPECT_EQ(ours.images, expected.images) << i;
  }
}

/// What happens on the device from one micro-batch to the next.
class DeviceWork : public TrainObserver {
 public:
  void on_micro_batch(const StepProgress& progress, methods::Method&) override {
    if (progress.done == 1) {
      reads[progress.state.step] = watch_.reads();
      uploads[progress.state.step] = watch_.uploads();
      operators[progress.state.step] = watch_.operators();
      watch_.restart();
    }
  }
  std::map<std::int64_t, std::size_t> reads, uploads;
  std::map<std::int64_t, std::vector<std::string>> operators;

 private:
  Watch watch_{test::fake::Callers::unknown};
};

TEST_P(Graph, ARepeatedStepIsTheBatchesTheRateAndOneGraph) {
  settings_.plan = {.steps_per_epoch = 100, .stage_begin = {0, 10}, .warmup_steps = {2}};
  settings_.train.graph = GraphUse::on;
  const auto made = method();
  DeviceWork work;
  trainer(*made, {&work}).run(stop_);
  for (std::int64_t step = 6; step < 10; ++step) {  // what was told of the one before
    EXPECT_EQ(work.reads.at(step), 0);
    EXPECT_EQ(work.uploads.at(step), 3 * GetParam().accumulate);
    EXPECT_THAT(work.operators.at(step), testing::Contains(HasSubstr("graph of")).Times(1));
    EXPECT_LT(work.operators.at(step).size(), 4u);
    EXPECT_EQ(work.operators.at(step), work.operators.at(9));
  }
  EXPECT_THAT(work.operators.at(2), testing::Not(testing::Contains(HasSubstr("graph of"))));
}

TEST_P(Graph, StoppedAndResumedAnywhereEndsWithTheSameBits) {
  settings_.train.graph = GraphUse::on;
  const auto whole = method();
  trainer(*whole).run(stop_);
  for (const std::int64_t stop_at : {5, 8, 14}) {
    std::filesystem::remove_all(settings_.checkpoint_folder);
    core::StopRequest stop;
    StopAfter observer(stop, stop_at);
    const auto first = method(), second = method();
    EXPECT_FALSE(trainer(*first, {&observer}).run(stop).finished);
    Trainer resumed = trainer(*second);
    resumed.resume(*read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log()));
    EXPECT_TRUE(resumed.run(core::StopRequest()).finished);
    EXPECT_TRUE(same_state(*whole, *second)) << "after " << stop_at;
  }
}

INSTANTIATE_TEST_SUITE_P(Systems, Graph, testing::ValuesIn(graph_cases()),
                         [](const auto& c) { return c.param.name; });

// ---- What cannot be repeated ----

TEST_F(TrainerTest, ARecordedStepThatReadsIsAnErrorOrStaysPlain) {
  settings_.plan = one_stage(6);
  settings_.train.graph = GraphUse::on;
  AsksForItsLoss wanted, tried;
  MethodOn plain(tiny_method(), "fake");
  EXPECT_THAT([&] { trainer(wanted).run(stop_); },
              testing::ThrowsMessage<std::exception>(HasSubstr("reads a number inside a graph")));
  std::filesystem::remove_all(settings_.checkpoint_folder);
  settings_.train.graph = GraphUse::automatic;
  trainer(tried).run(stop_);
  EXPECT_THAT(said_, testing::Contains(HasSubstr("is not repeated as a graph")).Times(1));
  std::filesystem::remove_all(settings_.checkpoint_folder);
  settings_.train.graph = GraphUse::off;
  trainer(plain).run(stop_);
  EXPECT_TRUE(same_state(tried, plain)) << "a step that was recorded in vain changes nothing";
}

/// Keeps a number of the host that changes from step to step, which a graph does not hear of.
class CountsOnTheHost : public MethodOn {
 public:
  CountsOnTheHost() : MethodOn(tiny_method(), "fake") {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    methods::StepResult result = MethodOn::training_step(batch, draws, context);
    result.loss = result.loss.mul(1.0 + static_cast<double>(context.step));
    return result;
  }
};

TEST_F(TrainerTest, ANumberOfTheHostThatChangesIsSeenByTheseTests) {
  settings_.plan = one_stage(8);
  CountsOnTheHost plain, repeated;
  trainer(plain).run(stop_);
  std::filesystem::remove_all(settings_.checkpoint_folder);
  settings_.train.graph = GraphUse::on;
  trainer(repeated).run(stop_);
  EXPECT_FALSE(same_state(plain, repeated));
}

TEST_F(TrainerTest, AGraphThatIsWantedAndCannotBeIsRefused) {
  settings_.plan = one_stage(2);
  settings_.train.graph = GraphUse::on;
  methods::MaskedModeling here(tiny_method());
  EXPECT_THAT([&] { trainer(here).run(stop_); },
              testing::ThrowsMessage<UsageError>(HasSubstr("cpu has no graphs")));
  settings_.train.spike_factor = 2;
  MethodOn there(tiny_method(), "fake");
  EXPECT_THAT([&] { trainer(there).run(stop_); },
              testing::ThrowsMessage<UsageError>(HasSubstr("train.spike_factor looks at each")));
}

TEST(RepeatedSteps, AnotherShapeIsToldPlainlyAndRecordedAnew) {
  const runtime::Device device = test::device_named("fake");
  RepeatedStep repeated(device, GraphUse::on, core::silent_log());
  int told = 0;
  const auto sum_of = [&](std::int64_t size, double value) {
    MicroBatch micro;
    micro.batch.tensors["images"] = at::ones({size}) * value;
    const StepFigures figures =
        repeated.make({micro}, [&](const std::vector<MicroBatch>& here) -> StepFigures {
          ++told;
          return {.values = here.at(0).batch.tensors.at("images").sum().view(1)};
        });
    return figures.values.cpu().item<double>();
  };
  EXPECT_FALSE(repeated.is_due());
  for (int i = 0; i < RepeatedStep::kPlainSteps; ++i) repeated.saw_plain_step();
  EXPECT_TRUE(repeated.is_due());
  EXPECT_EQ(sum_of(4, 1), 4);
  EXPECT_EQ(sum_of(4, 2), 8);
  EXPECT_EQ(sum_of(4, 3), 12);
  EXPECT_EQ(told, 1) << "recorded once";
  EXPECT_EQ(sum_of(5, 2), 10);
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(repeated.is_due()) << "plain steps come first again";
}

}  // namespace
}  // namespace dbot::train
