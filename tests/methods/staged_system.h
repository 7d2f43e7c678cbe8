#pragma once

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

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

// The small system in two stages with data of their own: steps an epoch, partners, draws of a whole
// batch, a stage that ends early and goes back to its best state.
namespace dbot::test {

namespace fs = std::filesystem;

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

/// Two stages, each with data of its own. `optimizer_` and `capture_step_` may be changed before a
/// run.
class StagedSystem : public testing::Test {
 protected:
  static constexpr std::int64_t kBatchSize = 4, kAccumulate = 2;

  static std::shared_ptr<data::Dataset> numbers(std::int64_t size, std::uint64_t seed,
                                                double sign = 1) {
    return std::make_shared<ImagesAndNumbers>(size, seed, sign);
  }

  static std::unique_ptr<data::Loader> open(const std::shared_ptr<const data::Dataset>& dataset,
                                            const data::LoaderConfig& config) {
    const auto images = data::image_part({.image_size = {8, 8}, .augmented = config.training});
    const std::vector parts{
        images, data::ragged_part({.name = kNumbers, .shape = {1}}),
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
    settings.train.capture_step = capture_step_;
    settings.optimizer = optimizer_;
    if (capture_step_ > 0) settings.captures.folder = folder / "captures";
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
    auto method = std::make_unique<SmallSystem>();
    report::MetricsFile metrics(folder / "metrics.jsonl");
    const auto loader = [this](const train::LoaderStart& start, const core::Log&) {
      data::LoaderConfig config{.batch_size = kBatchSize, .workers = 2, .seed = 5};
      start.apply_to(config);
      return open(trained_on_.at(static_cast<std::size_t>(start.stage)), config);
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
    for (const std::string& name : optimizer_tensors()) {
      EXPECT_TRUE(at::equal(end->tensors.at(name), whole_end_.at(name))) << name;
      EXPECT_TRUE(whole_end_.at(name).any().item<bool>()) << name << " is zero";
    }
  }

  /// What a checkpoint keeps of the optimizer.
  std::vector<std::string> optimizer_tensors() const {
    if (optimizer_.kind == optim::OptimizerKind::sgd) {
      return {"optimizer.momentum_buffer", "optimizer.step"};
    }
    return {"optimizer.exp_avg", "optimizer.exp_avg_sq", "optimizer.step"};
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
  TemporaryFolder folder_;
  optim::OptimizerConfig optimizer_;
  std::int64_t capture_step_ = 0;  // kept for a replay; 0: none
  train::TrainState state_;
  runtime::NamedTensors whole_state_, whole_end_;
  std::map<std::string, double> whole_figures_;
  std::vector<std::int64_t> whole_stage_begin_;
  std::vector<train::ValidationRecord> validations_;
  std::vector<runtime::NamedTensors> states_;
};

}  // namespace dbot::test
