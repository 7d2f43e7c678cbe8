// Several trainers of one run, as threads: the weights are those of one, whatever happens.
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "dbot/core/error.h"
#include "dbot/train/capture/capture.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "tests/runtime/process_group/ranks.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

using optim::OptimizerShard;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

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
    const auto dataset = dataset_;
    const auto make_loader = [&](const LoaderStart& start, const core::Log& log) {
      data::LoaderConfig config;
      config.batch_size = settings.train.batch_size;
      config.batches_per_epoch = 4 * start.share.count;
      config.workers = 1;
      start.apply_to(config);
      return std::make_unique<data::Loader>(
          dataset, std::vector{data::image_part({.image_size = {8, 8}})}, config, log);
    };
    Trainer trainer(settings, *method, make_loader, observers, core::silent_log());
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
    EXPECT_THAT(train_together(1, make_method), Each(IsEmpty()));
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

TEST_F(TrainersTest, AnyPowerOfTwoOfRanksGivesTheSameBits) {
  const Outcome one = train_alone();
  for (const OptimizerShard shard : {OptimizerShard::off, OptimizerShard::on}) {
    settings_.optimizer.shard = shard;
    for (const int ranks : {2, 4, 8}) {
      SCOPED_TRACE(std::to_string(ranks) + " ranks");
      std::filesystem::remove_all(settings_.checkpoint_folder);
      EXPECT_THAT(train_together(ranks), Each(IsEmpty()));
      expect_all_are(one);
    }
  }
}

TEST_F(TrainersTest, SumsInsideTheBackwardPassGiveTheSameBits) {
  const Outcome one = train_alone();
  for (const std::int64_t bytes : {1, 4096, 1 << 30}) {  // a piece a tensor, some, two in all
    settings_.train.early_sum_bytes = bytes;
    for (const OptimizerShard shard : {OptimizerShard::off, OptimizerShard::on}) {
      settings_.optimizer.shard = shard;
      std::filesystem::remove_all(settings_.checkpoint_folder);
      EXPECT_THAT(train_together(8), Each(IsEmpty()));
      expect_all_are(one);
    }
  }
}

TEST_F(TrainersTest, ALossThatIsNotFiniteEndsEarlySumsToo) {
  settings_.train.early_sum_bytes = 1024;
  const MakeMethod faulty = [](int rank) -> std::unique_ptr<methods::Method> {
    return std::make_unique<FaultyMethod>(rank == 3 ? std::set<std::int64_t>{2, 7}
                                                    : std::set<std::int64_t>());
  };
  const Outcome one = train_alone([](int) {
    return std::make_unique<FaultyMethod>(std::set<std::int64_t>{2, 7});
  });
  EXPECT_THAT(train_together(8, faulty), Each(IsEmpty()));
  EXPECT_EQ(outcomes_[5].summary.state.skipped_steps, 2);
  for (const auto& [name, value] : one.state) {
    EXPECT_TRUE(at::equal(value, outcomes_[5].state.at(name))) << name;
  }
}

TEST_F(TrainersTest, OtherOptimizersAndAKeptOneToo) {
  for (const auto kind : {optim::OptimizerKind::sgd, optim::OptimizerKind::lars}) {
    settings_.optimizer = optim::default_config(kind);
    settings_.stages.keep_optimizer = kind == optim::OptimizerKind::sgd;
    const Outcome one = train_alone();
    EXPECT_THAT(train_together(4), Each(IsEmpty()));
    expect_all_are(one);
  }
}

TEST_F(TrainersTest, RanksThatDoNotDivideTheLanesAgreeWithEachOther) {
  settings_.train.accumulate = 6;
  settings_.train.lanes = 2;
  const Outcome one = train_alone();
  EXPECT_THAT(train_together(3), Each(IsEmpty()));
  for (const auto& [name, value] : one.state) {
    // A key's bias has no gradient but rounding, of which Adam makes steps of full length.
    if (!name.ends_with("qkv.bias")) {
      EXPECT_TRUE(at::allclose(value, outcomes_[0].state.at(name), 1e-3, 1e-4)) << name;
    }
    EXPECT_TRUE(at::equal(outcomes_[0].state.at(name), outcomes_[2].state.at(name))) << name;
  }
}

TEST_F(TrainersTest, RanksThatDoNotDivideAStepAreRefused) {
  settings_.train.accumulate = 3;
  settings_.train.lanes = 1;
  EXPECT_THAT(train_together(2), Each(HasSubstr("train.accumulate 3")));
}

TEST_F(TrainersTest, ALossThatIsNotFiniteOnOneRankSkipsTheStepOnAll) {
  // Rank 1 of 4 makes the third and fourth micro-batch; alone all of a step are faulty or none.
  const MakeMethod faulty = [](int rank) -> std::unique_ptr<methods::Method> {
    return std::make_unique<FaultyMethod>(rank == 1 ? std::set<std::int64_t>{2, 7}
                                                    : std::set<std::int64_t>());
  };
  const Outcome one = train_alone([](int) {
    return std::make_unique<FaultyMethod>(std::set<std::int64_t>{2, 7});
  });
  EXPECT_THAT(train_together(4, faulty), Each(IsEmpty()));
  ASSERT_EQ(one.summary.state.skipped_steps, 2);
  for (const Outcome& outcome : outcomes_) {
    EXPECT_EQ(outcome.summary.state.skipped_steps, 2);
    for (const auto& [name, value] : one.state) {
      EXPECT_TRUE(at::equal(value, outcome.state.at(name))) << name;
    }
  }
}

/// Asks for a stop after some micro-batches of its rank.
class StoppingMethod : public methods::MaskedModeling {
 public:
  StoppingMethod(core::StopRequest& stop, std::int64_t step, std::int64_t call)
      : MaskedModeling(tiny_method()), stop_(stop), step_(step), call_(call) {}
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override {
    if (context.step == step_ && ++calls_ == call_) stop_.request();
    return MaskedModeling::training_step(batch, draws, context);
  }

 private:
  core::StopRequest& stop_;
  std::int64_t step_, call_, calls_ = 0;
};

TEST_F(TrainersTest, AStopOfAnyRankStopsAllAtOneStepAndOtherNumbersGoOn) {
  const Outcome one = train_alone();
  for (const auto& [call, made] : {std::pair<std::int64_t, std::int64_t>{1, 4}, {2, 5}}) {
    std::filesystem::remove_all(settings_.checkpoint_folder);
    std::vector<core::StopRequest> stops(4);
    std::vector<TrainSummary> summaries(4);
    const auto problems = test::run_ranks_of(4, [&](const runtime::GroupConfig& config) {
      const auto rank = static_cast<std::size_t>(config.rank);
      Ranks ranks(config);
      // Inside step 5, behind the first or the last of this rank's two micro-batches.
      const auto method = [&](int number) -> std::unique_ptr<methods::Method> {
        return std::make_unique<StoppingMethod>(stops[rank], number == 2 ? 4 : -1, call);
      };
      summaries[rank] = train(ranks, method, stops[rank]).summary;
    });
    EXPECT_THAT(problems, Each(IsEmpty()));
    for (const TrainSummary& summary : summaries) {
      EXPECT_FALSE(summary.finished);
      EXPECT_EQ(summary.state.step, made);
    }
    const auto saved = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
    ASSERT_TRUE(saved.has_value());
    EXPECT_EQ(saved->state.step, made);
    // 2 ranks go on from what 4 have stored.
    EXPECT_THAT(train_together(2), Each(IsEmpty()));
    for (const auto& [name, value] : one.state) {
      EXPECT_TRUE(at::equal(value, outcomes_[1].state.at(name))) << name;
    }
  }
}

/// Stopped in its work between two steps, as an evaluation is.
class StoppedBetween : public TrainObserver {
 public:
  explicit StoppedBetween(std::int64_t step) : step_(step) {}
  void on_step(const StepRecord& record, methods::Method&) override {
    if (record.state.step == step_) throw Stopped("[evaluate] stopped on request");
  }

 private:
  std::int64_t step_;
};

TEST_F(TrainersTest, AnObserverThatIsStoppedStopsAll) {
  for (const std::int64_t step : {3, 6, 12}) {
    std::filesystem::remove_all(settings_.checkpoint_folder);
    std::vector<TrainSummary> summaries(2);
    const auto problems = test::run_ranks_of(2, [&](const runtime::GroupConfig& config) {
      Ranks ranks(config);
      StoppedBetween stopped(step);
      core::StopRequest stop;
      std::vector<TrainObserver*> observers;
      if (ranks.first()) observers.push_back(&stopped);
      summaries[static_cast<std::size_t>(config.rank)] =
          train(ranks, plain, stop, observers).summary;
    });
    EXPECT_THAT(problems, Each(IsEmpty()));
    for (const TrainSummary& summary : summaries) {
      EXPECT_FALSE(summary.finished);
      EXPECT_EQ(summary.state.step, step);
    }
  }
}

TEST_F(TrainersTest, ASteadyStepSendsWhatIsComputed) {
  // A wider network, whose gradients outweigh what the ranks have to say to each other.
  const MakeMethod wide = [](int) -> std::unique_ptr<methods::Method> {
    methods::MaskedModelingConfig config = tiny_method();
    config.encoder.width = 64;
    return std::make_unique<methods::MaskedModeling>(config);
  };
  std::int64_t gradients = 0;
  settings_.plan = one_stage(4);
  for (const OptimizerShard shard : {OptimizerShard::off, OptimizerShard::on}) {
    settings_.optimizer.shard = shard;
    std::vector<std::int64_t> sent;  // of all ranks, by steps
    for (const std::int64_t steps : {4, 8}) {
      settings_.plan = one_stage(steps);
      std::filesystem::remove_all(settings_.checkpoint_folder);
      ASSERT_THAT(train_together(4, wide), Each(IsEmpty()));
      sent.push_back(0);
      for (const Outcome& outcome : outcomes_) sent.back() += outcome.bytes_sent;
    }
    const auto method = wide(0);
    method->begin_stage(0);
    gradients = 4 * method->parameters().trainable_end();
    const auto computed = static_cast<double>(4 * 2 * 3 * gradients);  // 4 steps: 2 (N − 1) G
    EXPECT_NEAR(static_cast<double>(sent[1] - sent[0]), computed, 0.03 * computed);
  }
}

/// Images of which some cannot be read.
class BrokenImages : public test::SyntheticDataset {
 public:
  explicit BrokenImages(std::set<std::int64_t> broken)
      : SyntheticDataset(32, 8), broken_(std::move(broken)) {}
  void read(std::int64_t index, data::Sample& sample) const override {
    if (broken_.contains(index)) throw DataError("a hole in the file");
    SyntheticDataset::read(index, sample);
  }

 private:
  std::set<std::int64_t> broken_;
};

TEST_F(TrainersTest, BrokenImagesAreCountedOverAllRanks) {
  dataset_ = std::make_shared<BrokenImages>(std::set<std::int64_t>{3, 17, 29});
  const Outcome one = train_alone();
  ASSERT_EQ(one.bad_samples.size(), 3U);
  EXPECT_THAT(train_together(4), Each(IsEmpty()));
  expect_all_are(one);
  EXPECT_EQ(outcomes_[0].bad_samples, one.bad_samples);
  // One more than a tenth of 32 allows, in no rank's share alone.
  dataset_ = std::make_shared<BrokenImages>(std::set<std::int64_t>{3, 11, 17, 29});
  std::filesystem::remove_all(settings_.checkpoint_folder);
  EXPECT_THAT(train_together(4), Each(HasSubstr("4 of 32 images are unreadable")));
}

TEST_F(TrainersTest, AStepThatIsKeptIsRepeatedByOneProcess) {
  settings_.captures.folder = folder_ / "captures";
  settings_.train.capture_step = 8;
  for (const OptimizerShard shard : {OptimizerShard::off, OptimizerShard::on}) {
    settings_.optimizer.shard = shard;
    std::filesystem::remove_all(settings_.captures.folder);
    std::filesystem::remove_all(settings_.checkpoint_folder);
    ASSERT_THAT(train_together(4), Each(IsEmpty()));
    const Capture capture = read_capture(settings_.captures.folder / step_folder_name(8));
    ASSERT_EQ(capture.micro_batches.size(), 8U);
    EXPECT_EQ(capture.record.samples.size(), 8U);
    const auto problems = test::run_ranks_of(1, [&](const runtime::GroupConfig&) {
      const auto again = plain(0);
      again->load_state(1, capture.before.tensors);
      optim::LaneSum lanes(8);
      GradientStep step(*again, {.stage = 1, .step = capture.before.state.step}, whole_step(8, 8),
                        lanes);
      for (const MicroBatch& micro : capture.micro_batches) step.add(micro);
      const auto groups = again->parameter_groups(settings_.optimizer.weight_decay);
      EXPECT_EQ(step.losses(), capture.record.losses);
      EXPECT_EQ(optim::gradient_norm(groups), capture.record.gradient_norm);
      EXPECT_EQ(checksum_of_gradients(groups), capture.record.gradients);
    });
    EXPECT_THAT(problems, Each(IsEmpty()));
  }
}

/// Goes its own way in one step.
class StrayingMethod : public methods::MaskedModeling {
 public:
  StrayingMethod() : MaskedModeling(tiny_method()) {}
  void after_step(const methods::StepContext& context) override {
    MaskedModeling::after_step(context);
    if (context.step == 2) parameters().flat_values().detach().mul_(1.01);
  }
};

TEST_F(TrainersTest, ARankWithOtherWeightsIsNamedWhereTheNextStageBegins) {
  settings_.optimizer.shard = OptimizerShard::off;  // a gathered weight would be set right
  const auto problems = train_together(4, [](int rank) -> std::unique_ptr<methods::Method> {
    if (rank == 2) return std::make_unique<StrayingMethod>();
    return plain(rank);
  });
  EXPECT_THAT(problems, Each(AllOf(HasSubstr("rank 2"), HasSubstr("other weights after step"))));
}

}  // namespace
}  // namespace dbot::train
