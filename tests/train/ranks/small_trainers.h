#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ops/equal.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "tests/runtime/process_group/ranks.h"
#include "tests/train/small_training.h"

// Several trainers of one run, as threads.
namespace dbot::train {

struct Outcome {
  TrainSummary summary;
  runtime::NamedTensors state;  // of the method
  std::vector<double> losses;   // of the steps that the first rank was told of
  std::vector<std::string> bad_samples = {};
  std::int64_t bytes_sent = 0;
};

/// 8 micro-batches of one image in 8 lanes: the same for 1, 2, 4 and 8 ranks.
class TrainersTest : public TrainerTest {
 protected:
  void SetUp() override {
    TrainerTest::SetUp();
    settings_.train.batch_size = 1;
    settings_.train.accumulate = 8;
    settings_.train.lanes = 8;
  }

  /// What a rank's trainer trains.
  using MakeMethod = std::function<std::unique_ptr<methods::Method>(int rank)>;

  static std::unique_ptr<methods::Method> plain(int /*rank*/) {
    return std::make_unique<methods::MaskedModeling>(tiny_method());
  }

  Outcome train(Ranks& ranks, const MakeMethod& make_method, core::StopRequest& stop,
                const std::vector<TrainObserver*>& more = {}) {
    TrainerSettings settings = settings_;
    settings.ranks = &ranks;
    if (!ranks.first()) settings.checkpoint_folder = folder_ / "never written";
    const auto method = make_method(ranks.rank());
    Recorder recorder;
    std::vector<TrainObserver*> observers = more;
    if (ranks.first()) observers.push_back(&recorder);
    Trainer trainer(settings, *method, loader(), observers, core::silent_log());
    const auto saved = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
    if (saved) trainer.resume(*saved);
    Outcome outcome;
    outcome.summary = trainer.run(stop);
    for (const auto& [name, value] : method->state()) outcome.state[name] = value.clone();
    outcome.bad_samples = trainer.bad_samples();
    outcome.bytes_sent = ranks.group().bytes_sent();
    for (const StepRecord& step : recorder.steps) outcome.losses.push_back(step.loss);
    return outcome;
  }

  /// With one compute thread, as each of several has.
  Outcome train_alone(const MakeMethod& make_method = plain) {
    std::filesystem::remove_all(settings_.checkpoint_folder);
    EXPECT_THAT(train_together(1, make_method), testing::Each(testing::IsEmpty()));
    std::filesystem::remove_all(settings_.checkpoint_folder);
    return outcomes_.front();
  }

  /// Goes on from the newest checkpoint, if there is one.
  std::vector<std::string> train_together(int ranks, const MakeMethod& make_method = plain) {
    outcomes_.assign(static_cast<std::size_t>(ranks), {});
    return test::run_ranks_of(ranks, [&](const runtime::GroupConfig& config) {
      Ranks own(config);
      core::StopRequest stop;
      try {
        outcomes_[static_cast<std::size_t>(config.rank)] = train(own, make_method, stop);
      } catch (const Error& problem) {
        own.end(problem);
        throw;
      }
    });
  }

  void expect_all_are(const Outcome& one) {
    for (std::size_t rank = 0; rank < outcomes_.size(); ++rank) {
      SCOPED_TRACE("rank " + std::to_string(rank));
      ASSERT_EQ(outcomes_[rank].state.size(), one.state.size());
      for (const auto& [name, value] : one.state) {
        EXPECT_TRUE(at::equal(value, outcomes_[rank].state.at(name))) << name;
      }
      EXPECT_EQ(outcomes_[rank].summary.state.skipped_steps, one.summary.state.skipped_steps);
      EXPECT_EQ(outcomes_[rank].summary.state.images_seen, one.summary.state.images_seen);
    }
    EXPECT_EQ(outcomes_[0].losses, one.losses);
  }

  std::vector<Outcome> outcomes_;
};

}  // namespace dbot::train
