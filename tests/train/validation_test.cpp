#include "dbot/train/validation.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "dbot/core/error.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Its figures are given; it remembers what its draws were told.
class Scripted : public methods::MaskedModeling {
 public:
  explicit Scripted(std::vector<double> figures, bool higher_is_better = false)
      : MaskedModeling(tiny_method()),
        figures_(std::move(figures)),
        higher_is_better_(higher_is_better) {}

  std::unique_ptr<methods::HeldOutMeasure> measure_held_out() const override {
    class Given final : public methods::HeldOutMeasure {
     public:
      Given(double figure, bool higher) : figure_(figure), higher_(higher) {}
      void add(const data::Batch&, const methods::DrawContext&, runtime::Precision) override {}
      methods::HeldOutFigures figures() const override {
        return {.values = {{"score", figure_}}, .higher_is_better = higher_};
      }

     private:
      double figure_;
      bool higher_;
    };
    return std::make_unique<Given>(figures_.at(next_++), higher_is_better_);
  }
  methods::StepDraws draw(const data::Batch& batch,
                          const methods::DrawContext& context) const override {
    contexts.push_back(context);
    return MaskedModeling::draw(batch, context);
  }

  mutable std::vector<methods::DrawContext> contexts;

 private:
  std::vector<double> figures_;
  bool higher_is_better_;
  mutable std::size_t next_ = 0;
};

/// Keeps the student after each validation.
class Watcher : public TrainObserver {
 public:
  void on_validation(const ValidationRecord& record, methods::Method& method) override {
    records.push_back(record);
    for (const auto& [name, value] : method.state()) {
      if (name.starts_with("student.")) states[record.state.step][name] = value.clone();
    }
  }
  void on_plan(const Plan& plan, const TrainState&) override { plans.push_back(plan); }
  std::vector<ValidationRecord> records;
  std::vector<Plan> plans;
  std::map<std::int64_t, runtime::NamedTensors> states;
};

class ValidationTest : public TrainerTest {
 protected:
  /// Every half epoch, which is two steps, and at the ends of stages.
  void SetUp() override {
    TrainerTest::SetUp();
    settings_.validation.config.every_epochs = 0.5;
    settings_.validation.make_loader = [this](std::int64_t) {
      data::LoaderConfig config;
      config.batch_size = 5;
      config.training = false;
      return std::make_unique<data::Loader>(
          held_out_, std::vector{data::image_part({.image_size = {8, 8}, .augmented = false})},
          config, core::silent_log());
    };
  }

  std::vector<std::int64_t> validated() const {
    std::vector<std::int64_t> steps;
    for (const ValidationRecord& record : watcher_.records) steps.push_back(record.state.step);
    return steps;
  }

  Checkpoint saved_at(const char* step) const {
    return read_checkpoint(settings_.checkpoint_folder / step);
  }

  std::shared_ptr<const data::Dataset> held_out_ = std::make_shared<test::SyntheticDataset>(12, 8);
  Watcher watcher_;
};

TEST_F(ValidationTest, AStageEndsWithItsBestState) {
  settings_.validation.config.keep_best = true;
  Scripted method({3, 2, std::nan(""), 5, 6, 7});
  EXPECT_TRUE(trainer(method, {&watcher_}).run(stop_).finished);
  EXPECT_THAT(validated(), ElementsAre(2, 4, 6, 8, 10, 12));
  const Checkpoint first = saved_at("step-00000006"), second = saved_at("step-00000012");
  EXPECT_EQ(first.validation.best_step, 4);
  EXPECT_EQ(second.validation.best_step, 8);
  for (const auto& [name, value] : watcher_.states[4]) {
    EXPECT_TRUE(at::equal(value, first.tensors.at(name))) << name;
    EXPECT_FALSE(first.tensors.contains(kBest + name));
  }
  for (const auto& [name, value] : watcher_.states[8]) {
    EXPECT_TRUE(at::equal(value, second.tensors.at(name))) << name;
    EXPECT_TRUE(at::equal(value, method.state().at(name))) << name;
  }
}

TEST_F(ValidationTest, WithoutKeepBestAStageEndsAsItIs) {
  Scripted judged({3, 2, 4, 5, 6, 7}), plain({});
  trainer(judged, {&watcher_}).run(stop_);
  EXPECT_TRUE(watcher_.plans.empty());
  fs::remove_all(settings_.checkpoint_folder);
  settings_.validation = {};
  trainer(plain).run(stop_);
  for (const auto& [name, value] : plain.state()) {
    EXPECT_TRUE(at::equal(value, judged.state().at(name))) << name;
  }
}

TEST_F(ValidationTest, PatienceEndsAStageAndMovesTheNext) {
  settings_.validation.config.patience = 1;
  Scripted method({3, 4, 5, 4, 3});
  const TrainSummary summary = trainer(method, {&watcher_}).run(stop_);
  EXPECT_TRUE(summary.finished);
  // The first stage ends after 4 of 6 steps; the second has all its six.
  EXPECT_EQ(summary.state.step, 10);
  EXPECT_THAT(validated(), ElementsAre(2, 4, 6, 8, 10));
  ASSERT_EQ(watcher_.plans.size(), 1U);
  EXPECT_THAT(watcher_.plans[0].stage_begin, ElementsAre(0, 4, 10));
  EXPECT_THAT(saved_at("step-00000004").stage_begin, ElementsAre(0, 4, 10));
  EXPECT_TRUE(saved_at("step-00000004").stage_end);
  EXPECT_THAT(said_, testing::Contains(HasSubstr("stage 1 ends here")));
}

TEST_F(ValidationTest, HigherIsBetterWhereTheMethodSaysSo) {
  settings_.validation.config = {.every_epochs = 0.5, .patience = 2, .keep_best = true};
  Scripted method({3, 4, 4, 1, 2, 3}, /*higher_is_better=*/true);
  trainer(method, {&watcher_}).run(stop_);
  std::vector<bool> best;
  for (const ValidationRecord& record : watcher_.records) best.push_back(record.best);
  EXPECT_EQ(best, (std::vector<bool>{true, true, false, true, true, true}));
}

TEST_F(ValidationTest, WithoutOneNumberTheLastStateStays) {
  settings_.validation.config.keep_best = true;
  settings_.plan = one_stage(4);
  Scripted method({std::nan(""), INFINITY});
  trainer(method, {&watcher_}).run(stop_);
  EXPECT_FALSE(watcher_.records[0].best || watcher_.records[1].best);
  EXPECT_EQ(saved_at("step-00000004").validation.best_step, 0);
}

TEST_F(ValidationTest, AResumedRunKnowsWhatWasBest) {
  settings_.validation.config = {.every_epochs = 0.5, .patience = 2, .keep_best = true};
  core::StopRequest stop;
  StopAfter after_5(stop, 5);
  Scripted first({1, 2});
  trainer(first, {&watcher_, &after_5}).run(stop);
  const auto saved = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  EXPECT_EQ(saved->validation, (ValidationState{4, 2, 1.0, 1}));
  EXPECT_TRUE(saved->tensors.contains("best.student.cls_token"));
  Scripted second({3, 9, 8, 7});
  Trainer resumed = trainer(second, {&watcher_});
  resumed.resume(*saved);
  resumed.run(core::StopRequest());
  for (const auto& [name, value] : watcher_.states[2]) {
    EXPECT_TRUE(at::equal(value, saved_at("step-00000006").tensors.at(name))) << name;
  }
}

TEST_F(ValidationTest, MaskedModellingIsJudgedByItsLoss) {
  settings_.plan = one_stage(4);
  settings_.validation.config.every_epochs = 1;
  methods::MaskedModeling method(tiny_method());
  trainer(method, {&watcher_}).run(stop_);
  ASSERT_EQ(watcher_.records.size(), 1U);
  EXPECT_EQ(watcher_.records[0].samples, 12);
  const auto& [name, loss] = watcher_.records[0].figures.at(0);
  EXPECT_EQ(name, "loss");
  data::LoaderConfig config;
  config.batch_size = 12;
  config.training = false;
  data::Loader all(held_out_, {data::image_part({.image_size = {8, 8}, .augmented = false})},
                   config, core::silent_log());
  const auto prediction = method.predict_masked(*all.next(), {}, runtime::Precision::fp32);
  EXPECT_NEAR(loss, methods::masked_loss(prediction), 1e-5 * loss);
}

TEST_F(ValidationTest, AMethodWithoutAFigureIsRefused) {
  class None : public methods::MaskedModeling {
   public:
    None() : MaskedModeling(tiny_method()) {}
    std::unique_ptr<methods::HeldOutMeasure> measure_held_out() const override { return nullptr; }
  } method;
  EXPECT_THROW(trainer(method).run(stop_), Error);
}

TEST_F(ValidationTest, DrawsKnowTheNumberOfTheMicroBatchInTheRun) {
  settings_.validation = {};
  accumulate_two();
  core::StopRequest stop;
  StopAfter after_7(stop, 7);
  Scripted first({}), second({});
  trainer(first, {&after_7}).run(stop);
  Trainer resumed = trainer(second);
  resumed.resume(*read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log()));
  resumed.run(core::StopRequest());
  std::int64_t number = 0;
  for (const auto* method : {&first, &second}) {
    for (const auto& context : method->contexts) {
      EXPECT_EQ(context.micro_batch, number);
      EXPECT_EQ(context.epoch, number / 8);
      EXPECT_EQ(context.stage, number / 12);
      ++number;
    }
  }
  EXPECT_EQ(number, 24);
}

TEST(BatchDraws, DependOnTheMicroBatchAndNotOnTheEpoch) {
  const auto word = [](const methods::DrawContext& context) {
    return methods::batch_draws(context).next();
  };
  const auto base = word({.seed = 1, .stage = 1, .epoch = 2, .micro_batch = 3});
  EXPECT_EQ(base, word({.seed = 1, .stage = 1, .epoch = 5, .micro_batch = 3}));
  EXPECT_NE(base, word({.seed = 1, .stage = 1, .epoch = 2, .micro_batch = 4}));
  EXPECT_NE(base, word({.seed = 2, .stage = 1, .epoch = 2, .micro_batch = 3}));
}

}  // namespace
}  // namespace dbot::train
