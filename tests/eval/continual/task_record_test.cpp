#include "dbot/eval/continual/task_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

TaskRecord whole_record() {
  TaskRecord record(3);
  record.accuracy = {{90, 20, kNothing}, {80, 70, 40}, {85, 75, 60}};
  record.untrained = {50, 10, 30};
  record.shares = {{.used = 10, .free = 10, .all = 100},
                   {.used = 10, .free = 9, .all = 100},
                   {.used = 10, .free = 8, .all = 100}};
  record.starts[1] = {.from = {}, .accuracies = {0.5}};
  record.starts[2] = {.from = {0}, .accuracies = {0.75, kNothing}};
  return record;
}

TEST(ContinualFigures, CompareTheBestEarlierWithTheEnd) {
  const TaskRecord record = whole_record();
  const ContinualFigures figures = continual_figures(record.accuracy, record.untrained);
  EXPECT_NEAR(figures.average_accuracy, (85 + 75 + 60) / 3.0, 1e-12);
  EXPECT_THAT(figures.forgetting, ElementsAre(5, -5));
  EXPECT_THAT(figures.backward_transfer, ElementsAre(-5, 5));
  EXPECT_THAT(figures.forward_transfer, ElementsAre(10, 10));
  EXPECT_EQ(figures.average_forgetting, 0);
}

TEST(ContinualFigures, OfOneTaskForgetNothing) {
  const ContinualFigures figures = continual_figures({{42}});
  EXPECT_EQ(figures.average_accuracy, 42);
  EXPECT_EQ(figures.average_forgetting, 0);
  EXPECT_TRUE(figures.forgetting.empty());
}

TEST(ContinualFigures, RefuseWhatIsNotSquare) {
  EXPECT_THROW(continual_figures({}), Error);
  EXPECT_THROW(continual_figures({{1, 2}}), Error);
  EXPECT_THROW(continual_figures({{1}}, {1, 2}), Error);
}

TEST(TaskRecord, SurvivesItsFile) {
  const TaskRecord record = whole_record();
  const std::string text = to_json(record);
  EXPECT_THAT(text, HasSubstr("\"average_forgetting\":0.0"));
  EXPECT_EQ(to_json(task_record_from_json(text, "tasks.json")), text);
  EXPECT_THAT(text, HasSubstr(R"("transfer_from":[[],[],[0]])"));
  EXPECT_THAT(text, HasSubstr(R"("transfer_accuracy":[[],[50.0],[75.0,null]])"));
  TaskRecord begun(2);
  begun.untrained = {50, 50};
  EXPECT_THAT(to_json(begun), testing::Not(HasSubstr("average_accuracy")));
  EXPECT_EQ(to_json(task_record_from_json(to_json(begun), "tasks.json")), to_json(begun));
}

TEST(TaskRecord, OfAnEarlierVersionSaysNothingOfTransfer) {
  const TaskRecord record = task_record_from_json(
      R"({"accuracy":[[1]],"untrained":[1],"used":[1],"free":[1],"all":[1]})", "tasks.json");
  EXPECT_THAT(record.starts.at(0).from, testing::IsEmpty());
  EXPECT_THAT(record.starts.at(0).accuracies, testing::IsEmpty());
}

TEST(TaskRecord, NamesABrokenFile) {
  for (
      const char* text :
      {"", "[]", "{}", R"({"accuracy":[]})", R"({"accuracy":[[1]],"untrained":[1]})",
       R"({"accuracy":[[1,2]],"untrained":[1],"used":[1],"free":["x"],"all":[1]})",
       R"({"accuracy":[[1]],"untrained":[1],"used":[1],"free":[1],"all":[1],"transfer_from":[[1]],)"
       R"("transfer_accuracy":[[]]})"}) {
    EXPECT_THROW(task_record_from_json(text, "tasks.json"), DataError) << text;
  }
}

TEST(TaskRecord, FiguresAfterATaskAreOfThoseThatCameBy) {
  const ContinualFigures figures = figures_after(whole_record(), 1);
  EXPECT_EQ(figures.average_accuracy, 75);
  EXPECT_THAT(figures.forgetting, ElementsAre(10));
}

TEST(TaskRecord, IsShownAsAHeatMapAndACurve) {
  const methods::Gallery gallery = task_exhibits(whole_record());
  ASSERT_EQ(gallery.size(), 3U);
  const auto& matrix = std::get<methods::Matrix>(gallery[0].exhibits.at(0).content);
  EXPECT_EQ(matrix.values.size(), 9U);
  EXPECT_EQ(matrix.values[3], 80) << "row by row";
  const auto& curve = std::get<methods::Curves>(gallery[1].exhibits.at(0).content);
  EXPECT_THAT(curve.lines.at(0).y, ElementsAre(1, DoubleNear(0.9, 1e-12), DoubleNear(0.8, 1e-12)));
  const auto& transfer = std::get<methods::Matrix>(gallery[2].exhibits.at(0).content);
  EXPECT_THAT(transfer.rows, ElementsAre("2, drawn", "3, from 1"));
  EXPECT_THAT(transfer.columns, ElementsAre("1", "2"));
  EXPECT_EQ(transfer.values.at(0), 50);
  EXPECT_TRUE(std::isnan(transfer.values.at(1))) << "a task does not look at itself";
  EXPECT_EQ(transfer.values.at(2), 75);
  EXPECT_EQ(task_exhibits(TaskRecord(2)).size(), 1U) << "no curve before the first task";
}

}  // namespace
}  // namespace dbot::eval
