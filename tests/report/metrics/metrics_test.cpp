#include "dbot/report/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class MetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() /
            ("dbot-metrics-" + std::to_string(::getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name() + ".jsonl");
    fs::remove(path_);
  }
  void TearDown() override { fs::remove(path_); }

  train::StepRecord step(std::int64_t number) {
    train::StepRecord record;
    record.state = {.step = number, .stage = 0, .skipped_steps = 0, .images_seen = number * 8};
    record.epoch = 0.5;
    record.loss = 0.1 * static_cast<double>(number);
    record.gradient_norm = 2;
    record.learning_rate = 1e-3;
    record.seconds = 0.5;
    record.data_wait_seconds = 0.125;
    record.images = 8;
    return record;
  }

  // A process that goes on from `from` and makes the steps up to `to`.
  void train(std::int64_t from, std::int64_t to) {
    MetricsFile file(path_);
    file.on_begin(plan_, {.step = from}, method_);
    for (std::int64_t i = from + 1; i <= to; ++i) file.on_step(step(i), method_);
  }

  std::vector<std::string> summary() const {
    std::vector<std::string> lines;
    for (const MetricsRecord& record : read_metrics(path_)) {
      lines.push_back(record.type + " " + std::to_string(record.step));
    }
    return lines;
  }

  const train::Plan plan_{4, {0, 4, 8}, {0, 0}};
  FakeMethod method_;
  fs::path path_;
};

TEST_F(MetricsTest, AStepIsOneLine) {
  train(0, 1);
  const std::string text = core::read_text_file(path_);
  EXPECT_THAT(
      text,
      HasSubstr(R"({"type":"step","step":1,"stage":1,"epoch":0.5,"loss":0.1,"gradient_norm":2.0,)"
                R"("learning_rate":0.001,"images_per_second":16.0,"data_wait_fraction":0.25,)"
                R"("seconds":0.5,"images_seen":8})"
                "\n"));
  EXPECT_THAT(text, HasSubstr(R"("stages":2,"total_steps":8,"steps_per_epoch":4)"));
}

TEST_F(MetricsTest, TellsOfTheQueueWhereThereIsOne) {
  train::StepRecord record = step(1);
  record.batches_ready = 1.5;
  record.batches_ahead = 2;
  MetricsFile file(path_);
  file.on_begin(plan_, {}, method_);
  file.on_step(record, method_);
  EXPECT_THAT(core::read_text_file(path_), HasSubstr(R"("batches_ready":1.5,"batches_ahead":2,)"));
}

TEST_F(MetricsTest, NonFiniteNumbersAreNull) {
  train::StepRecord record = step(1);
  record.loss = std::numeric_limits<double>::infinity();
  record.gradient_norm = std::nan("");
  record.skipped = true;
  record.scalars = {{"reconstruction", 0.25}};
  {
    MetricsFile file(path_);
    file.on_begin(plan_, {}, method_);
    file.on_step(record, method_);
  }
  EXPECT_THAT(core::read_text_file(path_), HasSubstr(R"("loss":null,"gradient_norm":null)"));
  const MetricsRecord read = read_metrics(path_).at(1);
  EXPECT_TRUE(std::isnan(read.numbers.at("loss")));
  EXPECT_EQ(read.numbers.at("skipped"), 1);
  EXPECT_EQ(read.numbers.at("scalars.reconstruction"), 0.25);
}

TEST_F(MetricsTest, EveryLineIsOnDiskAtOnce) {
  MetricsFile file(path_);
  file.on_begin(plan_, {}, method_);
  file.on_step(step(1), method_);
  EXPECT_THAT(summary(), testing::ElementsAre("begin 0", "step 1"));
}

TEST_F(MetricsTest, GoingOnCutsOffWhatCameAfterTheCheckpoint) {
  train(0, 3);
  train(2, 4);
  EXPECT_THAT(summary(),
              testing::ElementsAre("begin 0", "step 1", "step 2", "begin 2", "step 3", "step 4"));
}

TEST_F(MetricsTest, ATornLastLineIsPassedOverAndCutOff) {
  train(0, 2);
  fs::resize_file(path_, fs::file_size(path_) - 5);
  EXPECT_THAT(summary(), testing::ElementsAre("begin 0", "step 1"));
  train(2, 3);
  EXPECT_THAT(summary(), testing::ElementsAre("begin 0", "step 1", "begin 2", "step 3"));
  EXPECT_THAT(core::read_text_file(path_), testing::EndsWith("\n"));
}

TEST_F(MetricsTest, JunkInsideNeitherCrashesNorHides) {
  train(0, 1);
  core::write_file_synced(path_, core::read_text_file(path_) +
                                     "not json\n[]\n{}\n{\"type\":3,\"step\":1}\n"
                                     "{\"type\":\"step\",\"step\":\"x\"}\n\n");
  train(1, 2);
  EXPECT_THAT(summary(), testing::ElementsAre("begin 0", "step 1", "begin 1", "step 2"));
}

TEST_F(MetricsTest, AValidationStandsOnceWithItsFigures) {
  train::ValidationRecord record;
  record.state = {.step = 4};
  record.epoch = 1;
  record.figures = {{"loss", 0.5}, {"top1", 75}};
  record.samples = 12;
  record.seconds = 0.25;
  record.best = true;
  for (int process = 0; process < 2; ++process) {  // the second one makes it anew
    MetricsFile file(path_);
    file.on_begin(plan_, {.step = 4}, method_);
    file.on_validation(record, method_);
  }
  EXPECT_THAT(summary(), testing::ElementsAre("begin 4", "validation 4", "begin 4"));
  EXPECT_THAT(
      core::read_text_file(path_),
      HasSubstr(R"({"type":"validation","step":4,"stage":1,"epoch":1.0,"figures":{"loss":0.5,)"
                R"("top1":75.0},"samples":12,"seconds":0.25,"best":true})"));
}

TEST_F(MetricsTest, APlanThatBecomesShorterIsTold) {
  train::Plan shorter = plan_;
  shorter.end_early(0, 2);
  {
    MetricsFile file(path_);
    file.on_begin(plan_, {}, method_);
    file.on_plan(shorter, {.step = 2});
  }
  const MetricsRecord read = read_metrics(path_).at(1);
  EXPECT_EQ(read.type, "plan");
  EXPECT_EQ(read.numbers.at("total_steps"), 6);
  EXPECT_EQ(read.numbers.at("stage_begin.1"), 2);
}

TEST_F(MetricsTest, StagesWithOwnDataTellTheirEpochs) {
  train::Plan own = plan_;
  own.own_steps_per_epoch = {4, 2};
  {
    MetricsFile file(path_);
    file.on_begin(own, {}, method_);
  }
  const MetricsRecord read = read_metrics(path_).at(0);
  EXPECT_EQ(read.numbers.at("epochs"), 3);
  EXPECT_EQ(read.numbers.at("stage_steps_per_epoch.1"), 2);
}

TEST_F(MetricsTest, EvaluationsComeBackAsTheyWere) {
  const EvaluationRecord record{
      "stage 1",
      4,
      0,
      1.0,
      {{"knn", "cls", 55.25, 90.5, 0, 800, 200}, {"linear", "mean", 60.0, 91.0, 1.5}}};
  {
    MetricsFile file(path_);
    file.on_begin(plan_, {}, method_);
    file.write(record);
  }
  const auto read = read_evaluations(path_);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].label, "stage 1");
  EXPECT_EQ(read[0].step, 4);
  EXPECT_EQ(read[0].stage, 0);
  EXPECT_EQ(read[0].epoch, 1.0);
  ASSERT_EQ(read[0].results.size(), 2U);
  EXPECT_EQ(read[0].results[0].protocol, "knn");
  EXPECT_EQ(read[0].results[0].top1, 55.25);
  EXPECT_EQ(read[0].results[0].top5, 90.5);
  EXPECT_EQ(read[0].results[0].train_samples, 800);
  EXPECT_EQ(read[0].results[1].features, "mean");
  EXPECT_EQ(read[0].results[1].seconds, 1.5);
}

TEST_F(MetricsTest, FurtherFiguresComeBackByTheirNames) {
  EvaluationRow row{.protocol = "multi", .features = "cls"};
  row.top1 = row.top5 = std::nan("");
  row.figures = {{"mAP", 0.41}, {"F1 of </b>\xff", std::nan("")}};
  {
    MetricsFile file(path_);
    file.on_begin(plan_, {}, method_);
    file.write({"stage 1", 4, 0, 1.0, {row, {"knn", "cls", 50, 60}}});
  }
  const auto read = read_evaluations(path_).at(0).results;
  EXPECT_TRUE(std::isnan(read.at(0).top1));
  ASSERT_EQ(read.at(0).figures.size(), 2U);
  EXPECT_EQ(read[0].figures[0].first, "F1 of </b>\xEF\xBF\xBD");
  EXPECT_TRUE(std::isnan(read[0].figures[0].second));
  EXPECT_EQ(read[0].figures[1], (std::pair<std::string, double>{"mAP", 0.41}));
  EXPECT_TRUE(read.at(1).figures.empty());
  EXPECT_THAT(core::read_text_file(path_), HasSubstr(R"("test_samples":0}]})")) << "no empty key";
}

TEST_F(MetricsTest, AMissingFileHasNoRecords) {
  EXPECT_TRUE(read_metrics(path_).empty());
}

TEST_F(MetricsTest, AnUnwritableFileSaysWhy) {
  MetricsFile file(path_ / "metrics.jsonl");
  core::write_file_synced(path_, "");
  try {
    file.on_begin(plan_, {}, method_);
    FAIL();
  } catch (const Error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("Not a directory"));
  }
}

}  // namespace
}  // namespace dbot::report
