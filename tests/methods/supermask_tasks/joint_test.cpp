// All tasks at once: what a sequence of them is compared with.
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/methods/supermask_tasks/supermask_entry.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/supermask_tasks/small_tasks.h"

namespace dbot::methods {
namespace {

using test::TaskRun;

SupermaskConfig joint_config() {
  SupermaskConfig config = test::small_supermasks();
  config.learning = TaskLearning::joint;
  config.weight_epochs = 6;
  return config;
}

TEST(JointTasks, AreOneStageOfAllSamples) {
  const Outline outlined = outline(joint_config());
  ASSERT_EQ(outlined.own_stages.size(), 1U);
  EXPECT_EQ(outlined.own_stages[0].task, kAllTasks);
  EXPECT_EQ(outlined.own_stages[0].epochs, 6);
  EXPECT_EQ(outlined.own_stages[0].learning_rate, 0.01);
}

double accuracy(const at::Tensor& logits, const data::Batch& batch) {
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    right += logits[i].argmax().item<std::int64_t>() == batch.labels[static_cast<std::size_t>(i)];
  }
  return static_cast<double>(right) / static_cast<double>(batch.size());
}

TEST(JointTasks, LearnEveryTaskAndAreAskedTaskByTask) {
  const TaskRun run(joint_config());
  const test::TemporaryFolder folder;
  const auto learner = run.train(folder.path());
  EXPECT_TRUE(learner->stage_ends_task());
  EXPECT_EQ(learner->current_task(), 2) << "all came by";
  EXPECT_FALSE(learner->learns_masks());
  EXPECT_EQ(learner->networks().network().config().outputs, 6) << "outputs of its own for each";
  for (std::int64_t task = 0; task < 3; ++task) {
    const auto classifier = learner->task_classifier(task);
    EXPECT_EQ(classifier->classes(), learner->task_classes(task));
    const data::Batch batch = run.whole(task);
    const at::Tensor logits = classifier->logits(batch, runtime::Precision::fp32);
    EXPECT_EQ(logits.size(1), 2);
    EXPECT_GE(accuracy(logits, batch), 0.95) << task;
  }
  // What goes on is what was stored.
  auto loaded = run.method();
  loaded->load_state(0, learner->state());
  const data::Batch batch = run.whole(1);
  const auto said = [&](const SupermaskTasks& method) {
    return method.task_classifier(1)->logits(batch, runtime::Precision::fp32);
  };
  EXPECT_TRUE(at::equal(said(*loaded), said(*learner)));
}

TEST(JointTasks, ASampleCountsAmongTheClassesOfItsTaskAlone) {
  const TaskRun run(joint_config());
  auto learner = run.method();
  learner->begin_stage(0);
  const at::Tensor logits = at::zeros({3, 6});
  const at::Tensor masked = learner->logits_of_task(logits, kAllTasks, {0, 3, 5});
  const at::Tensor shares = masked.softmax(1);
  for (std::int64_t row = 0; row < 3; ++row) {
    for (std::int64_t column = 0; column < 6; ++column) {
      EXPECT_EQ(shares[row][column].item<double>(), column / 2 == row ? 0.5 : 0)
          << row << " " << column;
    }
  }
}

TEST(JointTasks, EachSampleIsSeenInTheOrderOfItsTask) {
  SupermaskConfig config = joint_config();
  config.split = {.kind = data::TaskKind::permutations, .count = 3};
  const TaskRun run(config, /*classes=*/2);
  auto learner = run.method();
  learner->begin_stage(0);
  const data::Batch all = run.whole(kAllTasks);
  const at::Tensor seen = learner->seen(all, kAllTasks, runtime::Precision::fp32);
  std::int64_t first = 0;
  for (std::int64_t task = 0; task < 3; ++task) {
    const data::Batch batch = run.whole(task);
    const at::Tensor own = learner->seen(batch, task, runtime::Precision::fp32);
    EXPECT_TRUE(at::equal(seen.narrow(0, first, batch.size()), own)) << task;
    first += batch.size();
  }
  EXPECT_EQ(first, all.size());
}

}  // namespace
}  // namespace dbot::methods
