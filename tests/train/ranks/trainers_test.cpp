// Several trainers of one run, as threads: the weights are those of one, whatever happens.
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "dbot/core/error.h"
#include "tests/train/ranks/small_trainers.h"

namespace dbot::train {
namespace {

using optim::OptimizerShard;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

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
  EXPECT_THAT(train_together(2),
              Each(HasSubstr("3 micro-batches are not divided among 2 processes")));
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
  for (const auto& when : {std::pair<std::int64_t, std::int64_t>{1, 4}, {2, 5}}) {
    const std::int64_t call = when.first, made = when.second;
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
