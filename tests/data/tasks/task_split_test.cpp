#include "dbot/data/tasks/task_split.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dbot/core/error.h"
#include "dbot/data/tasks/all_at_once.h"

namespace dbot::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Sample i is of class i mod classes; every eleventh has no label.
class CountedSamples final : public Dataset {
 public:
  CountedSamples(std::int64_t size, std::vector<std::string> classes)
      : size_(size), classes_(std::move(classes)) {}
  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, Sample& sample) const override { sample.begin(name(index)); }
  std::int64_t label(std::int64_t index) const override {
    return index % 11 == 10 ? -1 : index % std::ssize(classes_);
  }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::int64_t size_;
  std::vector<std::string> classes_;
};

const std::vector<std::string> kFive{"ant", "bee", "cat", "dog", "eel"};

std::string refusal(const TaskSplit& split, const std::vector<std::string>& classes = kFive) {
  try {
    classes_of_tasks(split, classes);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(TaskSplit, DividesClassesInOrderAsEvenlyAsTheyCome) {
  EXPECT_THAT(classes_of_tasks({.count = 2}, kFive),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4)));
  EXPECT_THAT(class_names_of_tasks({.count = 1}, kFive), ElementsAre(kFive));
}

TEST(TaskSplit, TakesGroupsByNameAndAClassMayComeAgain) {
  const TaskSplit split{.count = 3, .groups = "dog, ant; bee,cat ;ant, eel"};
  EXPECT_THAT(classes_of_tasks(split, kFive),
              ElementsAre(ElementsAre(3, 0), ElementsAre(1, 2), ElementsAre(0, 4)));
}

TEST(TaskSplit, NamesWhatDoesNotDivide) {
  EXPECT_THAT(refusal({.count = 3}),
              testing::AllOf(HasSubstr("tasks.count"), HasSubstr("is 3"), HasSubstr("5 classes"),
                             HasSubstr("at most 2")));
  EXPECT_THAT(refusal({.count = 1, .groups = "ant, ape"}), HasSubstr("\"ape\""));
  EXPECT_THAT(refusal({.count = 2, .groups = "ant, bee; cat, cat"}), HasSubstr("task 2"));
  EXPECT_THAT(refusal({.count = 2, .groups = "ant, bee"}), HasSubstr("tasks.groups has 1"));
  EXPECT_THAT(refusal({.kind = TaskKind::pieces, .count = 2, .groups = "ant, bee; cat, dog"}),
              HasSubstr("remove it"));
}

TEST(TaskSplit, LabelsAreThoseOfTheTask) {
  const auto all = std::make_shared<CountedSamples>(100, kFive);
  const TaskSplit split{.count = 2, .groups = "dog, ant; bee, cat"};
  const auto tasks = split_into_tasks(all, split, 1, TaskUse::learning);
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_THAT(tasks[0]->classes(), ElementsAre("dog", "ant"));
  std::int64_t samples = 0;
  for (std::int64_t i = 0; i < tasks[0]->size(); ++i) {
    const std::int64_t place = std::stoll(tasks[0]->name(i));
    EXPECT_EQ(tasks[0]->label(i), place % 5 == 3 ? 0 : 1) << place;
    EXPECT_GE(all->label(place), 0);
    ++samples;
  }
  EXPECT_GT(samples, 30);
  EXPECT_THAT(describe_tasks(tasks), HasSubstr("task 2: bee, cat; "));
}

TEST(TaskSplit, PiecesAreDisjointAndWholeWhereTheyJudge) {
  const auto all = std::make_shared<CountedSamples>(100, kFive);
  const TaskSplit split{.kind = TaskKind::pieces, .count = 4};
  const auto pieces = split_into_tasks(all, split, 1, TaskUse::learning);
  std::set<std::string> names;
  std::int64_t sum = 0;
  for (const auto& piece : pieces) {
    sum += piece->size();
    EXPECT_NEAR(static_cast<double>(piece->size()), 91 / 4.0, 1);
    for (std::int64_t i = 0; i < piece->size(); ++i) names.insert(piece->name(i));
  }
  EXPECT_EQ(sum, 91);
  EXPECT_EQ(names.size(), 91U);
  for (const auto& judged : split_into_tasks(all, split, 1, TaskUse::judging)) {
    EXPECT_EQ(judged->size(), 91);
  }
  EXPECT_THROW(
      split_into_tasks(std::make_shared<CountedSamples>(3, kFive), split, 1, TaskUse::learning),
      DataError);
}

TEST(AllAtOnce, LabelsOfTasksFollowOneAnother) {
  const auto all = std::make_shared<CountedSamples>(100, kFive);
  const TaskSplit split{.count = 2, .groups = "dog, ant; ant, cat, bee"};
  const auto tasks = split_into_tasks(all, split, 1, TaskUse::learning);
  const auto joined = all_at_once(tasks);
  EXPECT_THAT(joined->classes(), ElementsAre("dog", "ant", "ant", "cat", "bee"));
  ASSERT_EQ(joined->size(), tasks[0]->size() + tasks[1]->size());
  for (std::int64_t i = 0; i < joined->size(); ++i) {
    const std::size_t task = i < tasks[0]->size() ? 0 : 1;
    const std::int64_t within = task == 0 ? i : i - tasks[0]->size();
    EXPECT_EQ(joined->label(i), tasks[task]->label(within) + (task == 0 ? 0 : 2));
    EXPECT_EQ(joined->name(i), tasks[task]->name(within));
    EXPECT_EQ(joined->key(i), tasks[task]->key(within));
  }
  Sample sample;
  joined->read(tasks[0]->size(), sample);
  EXPECT_EQ(sample.name(), tasks[1]->name(0));
}

TEST(TaskSplit, PixelsMoveBySeedAndTask) {
  const TaskSplit split{.kind = TaskKind::permutations, .count = 3};
  EXPECT_FALSE(pixel_order(split, 1, 0, 16).defined()) << "the first task's stay";
  EXPECT_FALSE(pixel_order({.count = 3}, 1, 1, 16).defined());
  const at::Tensor one = pixel_order(split, 1, 1, 16), two = pixel_order(split, 1, 2, 16);
  EXPECT_TRUE(at::equal(one, pixel_order(split, 1, 1, 16)));
  EXPECT_FALSE(at::equal(one, two));
  EXPECT_FALSE(at::equal(one, pixel_order(split, 2, 1, 16)));
  EXPECT_TRUE(at::equal(std::get<0>(one.sort()), at::arange(16)));
}

}  // namespace
}  // namespace dbot::data
