#include "dbot/report/metrics/events.h"

#include <gmock/gmock.h>

#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

using testing::HasSubstr;

train::StepRecord step_record(std::int64_t step) {
  train::StepRecord record;
  record.state.step = step;
  record.loss = 0.5;
  record.scalars = {{"spread", 2.0}};
  return record;
}

TEST(Events, WritesAFileWithTheFirstEvent) {
  const test::TemporaryFolder folder;
  FakeMethod method;
  Events events(folder.path(), core::silent_log(), [] { return 1.7e9; });
  events.on_begin({10, {0, 10}, {0}}, {}, method);
  const auto path = folder.path() / "events.out.tfevents.1700000000.dbot";
  EXPECT_FALSE(std::filesystem::exists(path));
  events.on_step(step_record(1), method);
  EvaluationRow row{.protocol = "knn", .features = "cls", .top1 = 50, .top5 = 90};
  row.figures = {{"mAP", 0.4}};
  events.write({"stage 1", 1, 0, 1, {row}});
  events.on_validation({.state = {.step = 1}, .figures = {{"loss", 0.25}}}, method);
  const std::string content = core::read_text_file(path);
  for (const char* tag :
       {"train/loss", "train/gradient_norm", "train/learning_rate", "train/images_per_second",
        "train/data_wait_fraction", "scalars/spread", "evaluation/knn_cls_top1",
        "evaluation/knn_cls_top5", "evaluation/knn_cls_mAP", "validation/loss"}) {
    EXPECT_THAT(content, HasSubstr(tag));
  }
}

TEST(Events, AreGivenUpWithOneWarning) {
  FakeMethod method;
  std::vector<std::string> warnings;
  Events events(
      "/proc/no-such-folder",
      [&](core::LogLevel, std::string_view text) { warnings.emplace_back(text); },
      [] { return 1.7e9; });
  events.on_begin({10, {0, 10}, {0}}, {}, method);
  events.on_step(step_record(1), method);
  events.on_step(step_record(2), method);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("the run goes on"));
}

}  // namespace
}  // namespace dbot::report
