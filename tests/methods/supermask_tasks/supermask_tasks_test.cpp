// What tasks promise each other: earlier ones keep their bits, a weight is changed by one task at
// most, a run that is killed anywhere ends alike, and a task that comes again is found.
#include "dbot/methods/supermask_tasks/supermask_tasks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "dbot/core/error.h"
#include "dbot/methods/supermask_tasks/supermask_entry.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/supermask_tasks/small_tasks.h"

namespace dbot::methods {
namespace {

using test::TaskRun;
using testing::ElementsAre;
using testing::HasSubstr;

/// What is known at the end of each task: logits of all that came by, weights, and masks.
class TaskEnds : public train::TrainObserver {
 public:
  explicit TaskEnds(const TaskRun& run) : run_(run) {}

  void on_stage_end(std::int64_t, const train::TrainState&, Method& method) override {
    const auto& learner = dynamic_cast<SupermaskTasks&>(method);
    if (!learner.stage_ends_task()) return;
    auto& row = logits.emplace_back();
    for (std::int64_t task = 0; task <= learner.current_task(); ++task) {
      row.push_back(logits_of(learner, task));
    }
    weights.push_back(learner.networks().weights().named());
    for (auto& [name, tensor] : weights.back()) tensor = tensor.clone();
    shares.push_back(learner.task_share(learner.current_task()));
  }

  at::Tensor logits_of(const SupermaskTasks& learner, std::int64_t task) const {
    return learner.task_classifier(task)->logits(run_.whole(task), runtime::Precision::fp32);
  }

  std::vector<std::vector<at::Tensor>> logits;  // [after task][of task]
  std::vector<runtime::NamedTensors> weights;
  std::vector<TaskShare> shares;

 private:
  const TaskRun& run_;
};

double accuracy(const TaskRun& run, const at::Tensor& logits, std::int64_t task) {
  const data::Batch batch = run.whole(task);
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    right += logits[i].argmax().item<std::int64_t>() == batch.labels[static_cast<std::size_t>(i)];
  }
  return static_cast<double>(right) / static_cast<double>(batch.size());
}

TEST(SupermaskTasks, EarlierTasksKeepTheirBitsAndLearnSomething) {
  for (const TaskLearning learning : {TaskLearning::exclusive, TaskLearning::masks}) {
    SupermaskConfig config = test::small_supermasks();
    config.learning = learning;
    config.transfer.kind = Transfer::knn_best;
    const TaskRun run(config);
    const test::TemporaryFolder folder;
    TaskEnds ends(run);
    run.train(folder.path(), {&ends});
    ASSERT_EQ(ends.logits.size(), 3U);
    for (std::size_t task = 0; task < 3; ++task) {
      for (std::size_t after = task; after < 3; ++after) {
        EXPECT_TRUE(at::equal(ends.logits[after][task], ends.logits[task][task]))
            << "task " << task << " after " << after;
      }
      EXPECT_GT(accuracy(run, ends.logits[2][task], static_cast<std::int64_t>(task)), 0.75);
    }
  }
}

TEST(SupermaskTasks, AWeightIsChangedByOneTaskAtMost) {
  const TaskRun run(test::small_supermasks());
  const test::TemporaryFolder folder;
  TaskEnds ends(run);
  const auto learner = run.train(folder.path(), {&ends});
  auto fresh = run.method();
  fresh->begin_stage(0);
  runtime::NamedTensors before = fresh->networks().weights().named();
  std::int64_t changed = 0;
  for (const nn::MaskedLayer& layer : learner->networks().network().layers()) {
    const std::string name = layer.name + ".weight";
    at::Tensor changes = before.at(name).ne(ends.weights[0].at(name)).to(at::kLong);
    for (std::size_t task = 1; task < 3; ++task) {
      changes += ends.weights[task - 1].at(name).ne(ends.weights[task].at(name)).to(at::kLong);
    }
    EXPECT_LE(changes.max().item<std::int64_t>(), 1) << name;
    changed += changes.sum().item<std::int64_t>();
  }
  const std::int64_t free = ends.shares[0].free + ends.shares[1].free + ends.shares[2].free;
  EXPECT_GT(changed, free / 2);
  EXPECT_LE(changed, free);
  EXPECT_EQ(ends.shares[0].free, ends.shares[0].used);
  EXPECT_LT(ends.shares[2].free, ends.shares[2].used);
}

TEST(SupermaskTasks, OverlappingOnesAndOneSharedNormForget) {
  for (const bool shared_norm : {false, true}) {
    SupermaskConfig config = test::small_supermasks();
    config.learning = shared_norm ? TaskLearning::exclusive : TaskLearning::overlapping;
    config.shared_norm = shared_norm;
    config.density.density = 0.5;
    const TaskRun run(config);
    const test::TemporaryFolder folder;
    TaskEnds ends(run);
    run.train(folder.path(), {&ends});
    EXPECT_FALSE(at::equal(ends.logits[2][0], ends.logits[0][0])) << shared_norm;
  }
}

/// Stops after so many steps.
class StopAt : public train::TrainObserver {
 public:
  StopAt(core::StopRequest& stop, std::int64_t step) : stop_(stop), step_(step) {}
  void on_step(const train::StepRecord& record, Method&) override {
    if (record.state.step == step_) stop_.request();
  }

 private:
  core::StopRequest& stop_;
  std::int64_t step_;
};

void expect_same_state(const Method& one, const Method& other, std::int64_t step) {
  const runtime::NamedTensors state = one.state();
  const runtime::NamedTensors second = other.state();
  ASSERT_EQ(state.size(), second.size());
  for (const auto& [name, value] : state) {
    EXPECT_TRUE(at::equal(value, second.at(name))) << name << " after " << step;
  }
}

TEST(SupermaskTasks, ARunThatWasStoppedAnywhereEndsAlike) {
  SupermaskConfig config = test::small_supermasks();
  config.transfer.kind = Transfer::knn_best;
  for (const TaskLearning learning : {TaskLearning::exclusive, TaskLearning::ewc}) {
    config.learning = learning;
    const TaskRun run(config);
    const test::TemporaryFolder folder;
    const auto whole = run.train(folder / "whole");
    const std::int64_t steps = 10 * 2 * 3 * config.stages_of_task();
    for (std::int64_t step = 7; step < steps; step += 29) {
      const auto part = folder / ("part " + std::to_string(step));
      core::StopRequest stop;
      StopAt watcher(stop, step);
      run.train(part, {&watcher}, stop);
      expect_same_state(*whole, *run.train(part), step);
    }
    // Between a phase and the next one, and between two tasks.
    for (const std::int64_t step : {steps / 6, steps / 3}) {
      const auto part = folder / ("end " + std::to_string(step));
      core::StopRequest stop;
      StopAt watcher(stop, step);
      run.train(part, {&watcher}, stop);
      expect_same_state(*whole, *run.train(part), step);
    }
  }
}

TEST(SupermaskTasks, ATaskThatComesAgainIsFound) {
  SupermaskConfig config = test::small_supermasks();
  config.split.groups = "rows 0, rows 1; rows 2, rows 3; rows 0, rows 1";
  config.transfer.kind = Transfer::knn_best;
  config.transfer.batches = 1;
  config.transfer.neighbours = 5;  // 200 would be all rows, and so no vote at all
  const TaskRun run(config);
  const test::TemporaryFolder folder;
  core::StopRequest stop;
  StopAt watcher(stop, 10 * 2 * 4 + 1);
  const auto third = run.train(folder.path(), {&watcher}, stop);
  const runtime::NamedTensors found = third->networks().kept_scores(0);
  const runtime::NamedTensors other = third->networks().kept_scores(1);
  double near = 0, far = 0;
  for (const auto& [name, scores] : found) {
    const at::Tensor& now = third->networks().scores().at(name);
    near += (now - scores).abs().sum().item<double>();
    far += (now - other.at(name)).abs().sum().item<double>();
  }
  EXPECT_LT(near, far / 3) << "one step behind the scores of the first task";
  const TaskStart start = third->task_start(2);
  EXPECT_THAT(start.from, ElementsAre(0));
  ASSERT_EQ(start.accuracies.size(), 2U);
  EXPECT_GE(start.accuracies[0], start.accuracies[1]);
  EXPECT_TRUE(third->task_start(0).accuracies.empty()) << "nobody came before it";
  // A run that goes on knows it, too.
  auto loaded = run.method();
  loaded->load_state(4, third->state());
  EXPECT_EQ(loaded->task_start(2).from, start.from);
  EXPECT_EQ(loaded->task_start(2).accuracies, start.accuracies);
}

TEST(SupermaskTasks, EwcHoldsWeightsWhereFineTuningDoesNot) {
  std::map<TaskLearning, double> moved;
  for (const TaskLearning learning : {TaskLearning::finetune, TaskLearning::ewc}) {
    SupermaskConfig config = test::small_supermasks();
    config.learning = learning;
    config.ewc_strength = 1e5;
    const TaskRun run(config);
    const test::TemporaryFolder folder;
    TaskEnds ends(run);
    run.train(folder.path(), {&ends});
    for (const auto& [name, tensor] : ends.weights[0]) {
      if (!name.ends_with(".weight")) continue;
      moved[learning] += (ends.weights[2].at(name) - tensor).abs().sum().item<double>();
    }
    EXPECT_EQ(ends.shares[0].used, ends.shares[0].all) << "all weights are everybody's";
  }
  EXPECT_LT(moved[TaskLearning::ewc], 0.7 * moved[TaskLearning::finetune]);
  EXPECT_GT(moved[TaskLearning::ewc], 0);
}

TEST(SupermaskTasks, PixelsOfATaskStandInItsOrder) {
  SupermaskConfig config = test::small_supermasks();
  config.split = {.kind = data::TaskKind::permutations, .count = 3};
  const TaskRun run(config);
  auto learner = run.method();
  learner->begin_stage(0);
  const data::Batch batch = run.whole(0);
  const at::Tensor first = learner->seen(batch, 0, runtime::Precision::fp32);
  const at::Tensor second = learner->seen(batch, 1, runtime::Precision::fp32);
  EXPECT_FALSE(at::equal(first, second));
  EXPECT_TRUE(
      at::equal(std::get<0>(first.flatten(2).sort(2)), std::get<0>(second.flatten(2).sort(2))));
}

TEST(SupermaskTasks, RefuseWhatWouldMoveOtherTasks) {
  const TaskRun run(test::small_supermasks());
  auto learner = run.method();
  learner->begin_stage(0);
  EXPECT_THROW(learner->parameter_groups(0.1), UsageError);
  SupermaskConfig config = test::small_supermasks();
  const auto refusal = [&](const Surroundings& surroundings) {
    try {
      check(config, surroundings);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal({.batch_size = 8}), "");
  EXPECT_THAT(refusal({.keep_optimizer = true, .batch_size = 8}), HasSubstr("keep_optimizer"));
  EXPECT_THAT(refusal({.weight_decay = 0.1, .batch_size = 8}), HasSubstr("weight_decay is 0.1"));
  config.mask_epochs = 0;
  EXPECT_THAT(refusal({.batch_size = 8}), HasSubstr("tasks.mask_epochs"));
  config = test::small_supermasks();
  config.transfer.kind = Transfer::knn_all;
  config.keep_scores = false;
  EXPECT_THAT(refusal({.batch_size = 8}), HasSubstr("tasks.keep_scores"));
}

TEST(SupermaskTasks, TheKindOfNetworkIsTheOneThatIsChosen) {
  const auto elements = [](TaskNetworkKind kind) {
    TaskNetworkChoice model{.kind = kind};
    model.convolution.widths = {4, 8};
    return nn::MaskedNetwork(masked_network(model, 2)).elements();
  };
  EXPECT_EQ(elements(TaskNetworkKind::resnet18), 1'090'140 + 160 * 2);
  EXPECT_EQ(elements(TaskNetworkKind::chain), 9 * (3 * 4 + 4 * 8) + 8 * 2);
  EXPECT_EQ(elements(TaskNetworkKind::lenet), 32 * 32 * 3 * 300 + 300 * 100 + 100 * 2);
  EXPECT_GT(elements(TaskNetworkKind::resnet50), 2'000'000);
}

TEST(SupermaskTasks, RefuseAStateOfAnotherNetwork) {
  const TaskRun run(test::small_supermasks());
  const test::TemporaryFolder folder;
  const auto learner = run.train(folder.path());
  runtime::NamedTensors state = learner->state();
  auto other = run.method();
  state["tasks.1.norms"] = state.at("tasks.1.norms").slice(0, 1);
  EXPECT_THROW(other->load_state(4, state), DataError);
  state = learner->state();
  state.erase("tasks.classes");
  EXPECT_THROW(other->load_state(4, state), DataError);
}

}  // namespace
}  // namespace dbot::methods
