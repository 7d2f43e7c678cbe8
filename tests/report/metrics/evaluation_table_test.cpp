#include "dbot/report/metrics/evaluation_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace dbot::report {
namespace {

using testing::HasSubstr;
using testing::Not;

EvaluationRecord record(const std::string& label, double base, const std::string& feature = "cls") {
  EvaluationRecord made{
      label, 0, 0, 0, {{"knn", feature, base, base + 1}, {"linear", feature, base + 2, 99}}};
  made.moment = moment_of("", label);
  return made;
}

TEST(EvaluationTable, HasARowForEachNetworkAndAColumnForEachProtocol) {
  EXPECT_EQ(evaluation_table({record("raw pixels", 50), record("stage 1", 60)}, false),
            "accuracy in percent  k-NN top-1  linear top-1\n"
            "-------------------  ----------  ------------\n"
            "raw pixels                50.00         52.00\n"
            "stage 1                   60.00         62.00\n");
}

TEST(EvaluationTable, ChanceStandsFirstInEachTop1) {
  EvaluationRecord stage = record("stage 1", 60);
  stage.results[0].figures = {{"mAP", 0.5}};
  EXPECT_EQ(evaluation_table({record("raw pixels", 50), stage}, false, false, 10),
            "accuracy in percent  k-NN top-1  k-NN mAP  linear top-1\n"
            "-------------------  ----------  --------  ------------\n"
            "chance                    10.00         -         10.00\n"
            "raw pixels                50.00         -         52.00\n"
            "stage 1                   60.00       0.5         62.00\n");
}

TEST(EvaluationTable, ShowsTop5OnlyWhenAsked) {
  const std::vector<EvaluationRecord> records{record("stage 1", 60)};
  EXPECT_THAT(evaluation_table(records, true), HasSubstr("61.00"));
  EXPECT_THAT(evaluation_table(records, false), Not(HasSubstr("61.00")));
}

TEST(EvaluationTable, NamesFeaturesWhereThereAreSeveral) {
  EvaluationRecord both = record("stage 1", 60);
  both.results.push_back({"knn", "mean", 70, 71});
  const std::string table = evaluation_table({record("raw pixels", 50, "pixels"), both}, false);
  EXPECT_THAT(table, HasSubstr("k-NN cls top-1  linear cls top-1  k-NN mean top-1"));
  // Pixels are of no kind: the same figure in every column of a protocol.
  EXPECT_THAT(table, HasSubstr("50.00             52.00            50.00"));
}

TEST(EvaluationTable, FurtherFiguresHaveColumnsOfTheirOwn) {
  EvaluationRecord first = record("stage 1", 60), second = record("stage 2", 61);
  first.results[0].figures = {{"mAP", 0.41257}};
  second.results[0].figures = {{"mAP", 0.5}, {"ECE", 12.5}};
  EXPECT_EQ(evaluation_table({first, second}, false),
            "accuracy in percent  k-NN top-1  k-NN mAP  k-NN ECE  linear top-1\n"
            "-------------------  ----------  --------  --------  ------------\n"
            "stage 1                   60.00    0.4126         -         62.00\n"
            "stage 2                   61.00       0.5      12.5         63.00\n");
  first.results.resize(1);
  first.results[0].top1 = first.results[0].top5 = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(evaluation_table({first}, true), Not(HasSubstr("top-")));
}

TEST(EvaluationTable, LeavesOutEpochsUnlessAsked) {
  const std::vector<EvaluationRecord> records{record("epoch 2", 1), record("stage 1", 2)};
  EXPECT_THAT(evaluation_table(records, false), Not(HasSubstr("epoch 2")));
  EXPECT_THAT(evaluation_table(records, false, true), HasSubstr("epoch 2"));
}

TEST(EvaluationTable, ShowsWhatIsMissingAsADash) {
  EvaluationRecord part = record("stage 2", 1);
  part.results.pop_back();
  part.results[0].top1 = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(evaluation_table({record("stage 1", 60), part}, false),
              HasSubstr("stage 2                       -             -\n"));
  EXPECT_EQ(evaluation_table({}, false), "");
}

}  // namespace
}  // namespace dbot::report
