#include "dbot/report/terminal/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ProgressFigures figures() {
  return {.stage = 1,
          .stages = 2,
          .epoch = 3.42,
          .epochs = 10,
          .step = 120,
          .steps = 400,
          .loss = 0.34119,
          .gradient_norm = 1.2345,
          .learning_rate = 1.23e-4,
          .images_per_second = 850.4,
          .data_wait_fraction = 0.031,
          .batches_ready = 1.75,
          .batches_ahead = 2,
          .seconds_left = 252};
}

TEST(ProgressText, SaysEverythingWhereThereIsRoom) {
  EXPECT_EQ(progress_text(figures(), 0),
            "stage 1/2  epoch 3.4/10  step 120/400  loss 0.3412  grad 1.23  lr 1.2e-04  "
            "850 images/s  data wait 3%  queue 1.8/2  left 4m12s");
}

TEST(ProgressText, FitsEveryWidthAndKeepsTheLossLongest) {
  for (int columns = 1; columns < 150; ++columns) {
    EXPECT_LE(progress_text(figures(), columns).size(), static_cast<std::size_t>(columns));
  }
  EXPECT_EQ(progress_text(figures(), 24), "loss 0.3412  left 4m12s");
  EXPECT_EQ(progress_text(figures(), 12), "loss 0.3412");
}

TEST(ProgressText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(progress_text({.epochs = 4, .steps = 12}, 0), "epoch 0.0/4  step 0/12");
}

TEST(ProgressText, GivesDurationsInTwoUnits) {
  EXPECT_EQ(duration_text(0.4), "0s");
  EXPECT_EQ(duration_text(59.6), "1m00s");
  EXPECT_EQ(duration_text(3780), "1h03m");
  EXPECT_EQ(duration_text(2 * 86400 + 5 * 3600), "2d05h");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "?");
}

TEST(ProgressText, PrintableTextSteersNoTerminal) {
  EXPECT_EQ(printable("a\x1b[2J\rb\nc→"), "a?[2J?b\nc→");
}

class ProgressTest : public testing::Test {
 protected:
  Progress& start(ProgressOptions options) {
    progress_.emplace(
        options, [this](std::string_view text) { output_ += text; }, [this] { return now_; });
    progress_->on_begin(plan_, {}, method_);
    return *progress_;
  }

  void step(double seconds, double loss = 0.5) {
    now_ += seconds;
    ++state_.step;
    state_.stage = state_.step > 6 ? 1 : 0;
    train::StepRecord record;
    record.state = state_;
    record.epoch = static_cast<double>(state_.step) / 3;
    record.loss = loss;
    record.gradient_norm = 1;
    record.learning_rate = 1e-3;
    record.seconds = seconds;
    record.data_wait_seconds = seconds / 4;
    record.images = 32;
    progress_->on_step(record, method_);
  }

  void micro_batch(double seconds, std::int64_t done, std::int64_t of = 8) {
    now_ += seconds;
    since_step_ = done == 1 ? seconds : since_step_ + seconds;
    progress_->on_micro_batch({.state = state_,
                               .done = done,
                               .of = of,
                               .images = 4 * done,
                               .loss = 0.5,
                               .seconds = since_step_,
                               .last_seconds = seconds},
                              method_);
  }

  std::int64_t lines() const { return std::ranges::count(output_, '\n'); }
  std::string take() { return std::exchange(output_, {}); }

  const train::Plan plan_{3, {0, 6, 12}, {0, 0}};
  const ProgressOptions terminal_{.is_tty = true, .columns = 200};
  FakeMethod method_;
  std::string output_;
  double now_ = 100, since_step_ = 0;
  train::TrainState state_;
  std::optional<Progress> progress_;
};

TEST_F(ProgressTest, OnATerminalRewritesOneLine) {
  start(terminal_);
  step(0.5);
  EXPECT_EQ(take(),
            "\rstage 1/2  epoch 0.3/4  step 1/12  loss 0.5000  grad 1  lr 1.0e-03  64 images/s  "
            "data wait 25%  left 6s\x1b[K");
  step(0.5);
  EXPECT_THAT(take(), AllOf(StartsWith("\r"), HasSubstr("step 2/12"), Not(HasSubstr("\n"))));
}

TEST_F(ProgressTest, OnATerminalDrawsAtMostTenTimesASecond) {
  start(terminal_);
  for (int i = 0; i < 12; ++i) step(0.01);
  EXPECT_EQ(std::ranges::count(output_, '\r'), 2);
}

TEST_F(ProgressTest, ATerminalLineNeverWraps) {
  start({.is_tty = true, .columns = 40});
  step(0.5);
  EXPECT_LE(take().size(), 39 + std::string("\r\x1b[K").size());
}

TEST_F(ProgressTest, ASlowStepIsShownByItsMicroBatches) {
  start(terminal_);
  micro_batch(2, 1);
  EXPECT_EQ(
      take(),
      "\rstage 1/2  epoch 0.0/4  step 0/12 + 1/8  loss 0.5000  2.0 images/s  left 3m10s\x1b[K");
  micro_batch(2, 2);
  EXPECT_THAT(take(), HasSubstr("step 0/12 + 2/8"));
  step(12);
  EXPECT_THAT(take(), AllOf(HasSubstr("step 1/12  "), Not(HasSubstr("+ "))));
}

TEST_F(ProgressTest, ElsewhereASlowStepIsALineNowAndThen) {
  start({});
  for (int done = 1; done <= 7; ++done) micro_batch(4, done);
  EXPECT_EQ(lines(), 2);  // after 12 and 24 seconds
  EXPECT_THAT(output_, AllOf(HasSubstr("step 0/12 + 3/8"), HasSubstr("step 0/12 + 6/8")));
}

TEST_F(ProgressTest, QuickStepsHaveNoLineBeforeTheFirst) {
  start({});
  for (int done = 1; done <= 8; ++done) micro_batch(0.1, done);
  EXPECT_EQ(output_, "");
}

TEST_F(ProgressTest, MessagesStandAboveTheTerminalLine) {
  Progress& progress = start(terminal_);
  progress.message("early");
  EXPECT_EQ(take(), "early\n");
  step(0.5);
  const std::string drawn = take();
  const std::string line = drawn.substr(1, drawn.size() - 4);
  progress.message("bad\rfile.png");
  EXPECT_EQ(take(), "\r\x1b[Kbad?file.png\n" + line);
  progress.finish();
  EXPECT_EQ(take(), "\n");
  progress.message("late");
  EXPECT_EQ(take(), "late\n");
}

TEST_F(ProgressTest, ElsewhereWritesALineAtIntervalsWithoutControlCharacters) {
  Progress& progress = start({});
  for (int i = 0; i < 6; ++i) step(3);
  progress.message("a message");
  EXPECT_EQ(lines(), 3);  // step 1, step 5 (12 s later), the message
  EXPECT_THAT(output_, AllOf(HasSubstr("step 1/12"), HasSubstr("step 5/12")));
  EXPECT_TRUE(std::ranges::none_of(output_, [](char c) { return c != '\n' && c >= 0 && c < 32; }));
}

TEST_F(ProgressTest, ElsewhereTellsEndsOfEpochsAndStagesOnce) {
  Progress& progress = start({});
  for (int i = 0; i < 6; ++i) step(1);
  EXPECT_EQ(lines(), 1);
  progress.on_epoch_end(2, state_, method_);
  EXPECT_EQ(lines(), 2);
  progress.on_stage_end(0, state_, method_);
  EXPECT_EQ(lines(), 2) << "the same step again";
  for (int i = 0; i < 3; ++i) step(0.01);
  progress.on_epoch_end(3, state_, method_);
  EXPECT_EQ(lines(), 2) << "an epoch of 0.03 s";
  for (int i = 0; i < 3; ++i) step(1);
  progress.on_epoch_end(4, state_, method_);
  EXPECT_EQ(lines(), 2) << "3 s after the last line";
}

TEST_F(ProgressTest, SmoothsTheLossAndForgetsItAtAStage) {
  start(terminal_);
  for (int i = 0; i < 5; ++i) step(1, 1.0);
  take();
  step(1, 3.0);
  EXPECT_THAT(take(), Not(HasSubstr("loss 3.0000")));
  step(1, 3.0);  // the first of stage 2
  EXPECT_THAT(take(), AllOf(HasSubstr("stage 2/2"), HasSubstr("loss 3.0000")));
  step(1, std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(take(), HasSubstr("loss 3.0000"));
}

}  // namespace
}  // namespace dbot::report
