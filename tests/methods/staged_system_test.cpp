// The small system in two stages with data of their own: steps an epoch, partners, draws of a whole
// batch, a stage that ends early and goes back to its best state. Killed or stopped at any moment
// it ends with the same bits.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "dbot/core/random.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/loader/partner_part.h"
#include "dbot/data/loader/value_parts.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/train/trainer.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/images_and_numbers.h"
#include "tests/methods/small_system.h"

namespace dbot {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBatchSize = 4, kAccumulate = 2;

/// Counts everything a run tells of, and does something at chosen moments.
class Moments : public train::TrainObserver {
 public:
  explicit Moments(std::function<void(std::int64_t)> at) : at_(std::move(at)) {}
  void pass() { at_(++count_); }
  /// A stop from here on is one inside a validation.
  void begin_validation() {
    ++begun_;
    if (at_validation) at_validation(begun_);
    pass();
  }
  void on_micro_batch(const train::StepProgress&, methods::Method&) override { pass(); }
  void on_step(const train::StepRecord&, methods::Method&) override { pass(); }
  void on_validation(const train::ValidationRecord& record, methods::Method& method) override {
    validations.push_back(record);
    auto& state = states.emplace_back();
    for (const auto& [name, value] : method.state()) state[name] = value.clone();
    pass();
  }
  void on_plan(const train::Plan& plan, const train::TrainState&) override {
    stage_begin = plan.stage_begin;
    pass();
  }
  void on_checkpoint(const fs::path&, const train::TrainState&) override { pass(); }
  void on_epoch_end(std::int64_t, const train::TrainState&, methods::Method&) override { pass(); }
  void on_stage_end(std::int64_t, const train::TrainState&, methods::Method&) override { pass(); }
  std::int64_t count() const { return count_; }

  std::function<void(std::int64_t)> at_validation;  // its number, from 1
  std::vector<train::ValidationRecord> validations;
  std::vector<runtime::NamedTensors> states;  // after each
  std::vector<std::int64_t> stage_begin;

 private:
  std::function<void(std::int64_t)> at_;
  std::int64_t count_ = 0, begun_ = 0;
};

class StagedSystem : public testing::Test {
 protected:
  static std::shared_ptr<data::Dataset> numbers(std::int64_t size, std::uint64_t seed,
                                                double sign = 1) {
    return std::make_shared<test::ImagesAndNumbers>(size, seed, sign);
  }

  static std::unique_ptr<data::Loader> open(const std::shared_ptr<const data::Dataset>& dataset,
                                            const data::LoaderConfig& config) {
    const auto images = data::image_part({.image_size = {8, 8}, .augmented = config.training});
    const std::vector parts{
        images, data::ragged_part({.name = test::kNumbers, .shape = {1}}),
        data::partner_part(dataset, {.same_class = 0.5}, images, core::silent_log())};
    return std::make_unique<data::Loader>(dataset, parts, config, core::silent_log());
  }

  train::TrainerSettings settings(const fs::path& folder, Moments& moments) const {
    train::TrainerSettings settings;
    settings.stages.count = 2;
    settings.stages.epochs = {6, 4};
    settings.stages.base_lr = {0.5, 1};
    settings.schedule.warmup_epochs = 0;
    settings.schedule.unit = train::ScheduleUnit::epoch;
    settings.plan =
        train::make_plan(settings.schedule, settings.stages, std::vector<std::int64_t>{3, 5},
                         kBatchSize * kAccumulate, {}, {});
    settings.train.batch_size = kBatchSize;
    settings.train.accumulate = kAccumulate;
    settings.checkpoint = {.every_steps = 4, .every_epochs = 0, .keep = 2};
    settings.checkpoint_folder = folder / "checkpoints";
    settings.validation.config = {.every_epochs = 1, .patience = 2, .keep_best = true};
    settings.validation.make_loader = [this, &moments](std::int64_t stage) {
      moments.begin_validation();
      return open(held_out_.at(static_cast<std::size_t>(stage)),
                  {.batch_size = kBatchSize, .training = false});
    };
    return settings;
  }

  /// Goes on in the folder to the end, or to where it is stopped. Null if it was.
  std::unique_ptr<methods::Method> train(const fs::path& folder, Moments& moments,
                                         const core::StopRequest& stop = core::StopRequest()) {
    fs::create_directories(folder / "checkpoints");
    const auto checkpoint =
        train::read_newest_checkpoint(folder / "checkpoints", core::silent_log());
    auto method = std::make_unique<test::SmallSystem>();
    report::MetricsFile metrics(folder / "metrics.jsonl");
    const auto loader = [this](std::int64_t stage, std::int64_t first, const core::Log&) {
      return open(trained_on_.at(static_cast<std::size_t>(stage)),
                  {.batch_size = kBatchSize, .workers = 2, .seed = 5, .first_batch = first});
    };
    train::Trainer trainer(settings(folder, moments), *method, loader, {&metrics, &moments},
                           core::silent_log());
    if (checkpoint) trainer.resume(*checkpoint);
    const train::TrainSummary summary = trainer.run(stop);
    if (!summary.finished) return nullptr;
    state_ = summary.state;
    return method;
  }

  /// Figures of steps and validations, in the order of the steps.
  static std::map<std::string, double> figures(const fs::path& folder) {
    std::map<std::string, double> all;
    for (const auto& record : report::read_metrics(folder / "metrics.jsonl")) {
      for (const char* key : {"loss", "learning_rate", "epoch", "figures.error", "best"}) {
        if (record.type != "step" && record.type != "validation") continue;
        const auto found = record.numbers.find(key);
        if (found == record.numbers.end()) continue;
        const std::string name = record.type + " " + std::to_string(record.step) + " " + key;
        EXPECT_FALSE(all.contains(name)) << name << " stands twice";
        all[name] = found->second;
      }
    }
    return all;
  }

  void expect_same_end(const fs::path& folder, const methods::Method& method) const {
    const auto is = method.state();
    ASSERT_EQ(is.size(), whole_state_.size());
    for (const auto& [name, value] : whole_state_)
      EXPECT_TRUE(at::equal(value, is.at(name))) << name;
    EXPECT_EQ(figures(folder), whole_figures_);
    const auto end = train::read_newest_checkpoint(folder / "checkpoints", core::silent_log());
    EXPECT_EQ(end->stage_begin, whole_stage_begin_);
    for (const char* name : {"optimizer.exp_avg", "optimizer.exp_avg_sq", "optimizer.step"}) {
      EXPECT_TRUE(at::equal(end->tensors.at(name), whole_end_.at(name))) << name;
    }
  }

  /// The run that nothing disturbs; `at` is called at each of its moments. Returns their number.
  std::int64_t train_whole(std::function<void(std::int64_t)> at = [](std::int64_t) {}) {
    const fs::path folder = folder_ / "whole";
    Moments moments(std::move(at));
    const auto method = train(folder, moments);
    for (const auto& [name, value] : method->state()) whole_state_[name] = value.clone();
    whole_figures_ = figures(folder);
    whole_stage_begin_ = moments.stage_begin;
    whole_end_ = train::read_newest_checkpoint(folder / "checkpoints", core::silent_log())->tensors;
    validations_ = moments.validations;
    states_ = moments.states;
    return moments.count();
  }

  static std::set<std::int64_t> draw(std::int64_t count, std::int64_t of, std::uint64_t seed) {
    core::Random random({.seed = seed});
    std::set<std::int64_t> drawn;
    while (std::ssize(drawn) < count) {
      drawn.insert(1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(of))));
    }
    return drawn;
  }

  // The first held-out set contradicts what is trained on: the stage only gets worse by it.
  std::vector<std::shared_ptr<const data::Dataset>> trained_on_{numbers(24, 3), numbers(40, 4)},
      held_out_{numbers(10, 5, -1), numbers(10, 6)};
  test::TemporaryFolder folder_;
  train::TrainState state_;
  runtime::NamedTensors whole_state_, whole_end_;
  std::map<std::string, double> whole_figures_;
  std::vector<std::int64_t> whole_stage_begin_;
  std::vector<train::ValidationRecord> validations_;
  std::vector<runtime::NamedTensors> states_;
};

TEST_F(StagedSystem, AStageEndsEarlyWithItsBestState) {
  train_whole();
  // Three steps an epoch: the first validation is the best, two more are no better.
  ASSERT_GE(validations_.size(), 4U);
  EXPECT_TRUE(validations_[0].best && !validations_[1].best && !validations_[2].best);
  EXPECT_TRUE(validations_[2].ends_stage);
  EXPECT_EQ(validations_[2].state.step, 9);
  EXPECT_EQ(validations_[2].samples, 10);
  ASSERT_FALSE(whole_stage_begin_.empty());
  EXPECT_EQ(whole_stage_begin_[1], 9);
  EXPECT_LE(whole_stage_begin_[2], 29);
  EXPECT_EQ(state_.step, whole_stage_begin_[2]);
  EXPECT_EQ(validations_[3].state.step, 14) << "five steps an epoch in the second stage";
  EXPECT_EQ(validations_[3].epoch, 4);
  // The stage ends with the state of its first validation.
  const auto end = train::read_checkpoint(folder_ / "whole" / "checkpoints" / "step-00000009");
  EXPECT_TRUE(end.stage_end);
  EXPECT_EQ(end.stage_begin[1], 9);
  EXPECT_FALSE(end.tensors.contains("best.student.conv.weight")) << "it is the state itself";
  EXPECT_FALSE(
      at::equal(states_[0].at("student.conv.weight"), states_[1].at("student.conv.weight")));
  for (const auto& [name, value] : states_[0]) {
    EXPECT_TRUE(at::equal(value, end.tensors.at(name))) << name;
  }
}

TEST_F(StagedSystem, KilledAnywhereItEndsWithTheSameBits) {
  const std::int64_t moments = train_whole();
  const auto kills = draw(20, moments, 11);
  fs::remove_all(folder_ / "whole");
  // What lies on the disk at a moment is what a kill leaves there.
  train_whole([&](std::int64_t moment) {
    if (!kills.contains(moment)) return;
    fs::copy(folder_ / "whole", folder_ / ("killed " + std::to_string(moment)),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  });
  for (const std::int64_t moment : kills) {
    SCOPED_TRACE("killed at moment " + std::to_string(moment));
    const fs::path folder = folder_ / ("killed " + std::to_string(moment));
    Moments nothing([](std::int64_t) {});
    const auto method = train(folder, nothing);
    ASSERT_NE(method, nullptr);
    expect_same_end(folder, *method);
  }
}

TEST_F(StagedSystem, StoppedAnywhereItEndsWithTheSameBits) {
  const std::int64_t moments = train_whole();
  for (const std::int64_t moment : draw(8, moments, 12)) {
    SCOPED_TRACE("stopped at moment " + std::to_string(moment));
    const fs::path folder = folder_ / ("stopped " + std::to_string(moment));
    core::StopRequest stop;
    Moments stopping([&](std::int64_t now) {
      if (now == moment) stop.request();
    });
    auto method = train(folder, stopping, stop);
    Moments nothing([](std::int64_t) {});
    if (!method) method = train(folder, nothing);
    ASSERT_NE(method, nullptr);
    expect_same_end(folder, *method);
  }
}

TEST_F(StagedSystem, AStopInsideAValidationMakesItAnew) {
  train_whole();
  for (std::size_t which = 1; which <= validations_.size(); ++which) {
    SCOPED_TRACE("inside validation " + std::to_string(which));
    const fs::path folder = folder_ / ("validation " + std::to_string(which));
    core::StopRequest stop;
    Moments stopping([](std::int64_t) {}), nothing([](std::int64_t) {});
    stopping.at_validation = [&](std::int64_t begun) {
      if (begun == static_cast<std::int64_t>(which)) stop.request();
    };
    EXPECT_EQ(train(folder, stopping, stop), nullptr);
    const auto saved = train::read_newest_checkpoint(folder / "checkpoints", core::silent_log());
    EXPECT_EQ(saved->state.step, validations_[which - 1].state.step);
    const auto resumed = train(folder, nothing);
    ASSERT_NE(resumed, nullptr);
    expect_same_end(folder, *resumed);
  }
}

}  // namespace
}  // namespace dbot
