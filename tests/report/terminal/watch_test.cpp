#include "dbot/report/terminal/watch.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

#include "dbot/report/metrics/metrics_follow.h"
#include "dbot/report/metrics/metrics_line.h"
#include "dbot/report/terminal/text_plot.h"
#include "dbot/report/text/table.h"
#include "tests/core/temporary_folder.h"

namespace dbot::report {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Le;
using testing::ResultOf;
using testing::SizeIs;

constexpr const char* kBegin =
    R"({"type":"begin","step":0,"stage":1,"stages":2,"total_steps":100,"steps_per_epoch":10})";

std::string step_line(int step, double loss) {
  return R"({"type":"step","step":)" + std::to_string(step) + R"(,"stage":1,"epoch":)" +
         std::to_string(step / 10.0) + R"(,"loss":)" + std::to_string(loss) +
         R"(,"gradient_norm":1.5,"learning_rate":0.001,"images_per_second":800,)" +
         R"("data_wait_fraction":0.25,"seconds":0.5})";
}

class FollowTest : public testing::Test {
 protected:
  void append(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "metrics.jsonl";
  MetricsFollower follower_{path_};
};

TEST_F(FollowTest, ReadsWhatCameSinceTheLastTime) {
  EXPECT_THAT(follower_.poll().records, SizeIs(0)) << "there is no file yet";
  append(std::string(kBegin) + "\n" + step_line(1, 0.5) + "\n");
  EXPECT_THAT(follower_.poll().records, SizeIs(2));
  EXPECT_THAT(follower_.poll().records, SizeIs(0));
  append(step_line(2, 0.4) + "\n");
  const auto news = follower_.poll();
  ASSERT_THAT(news.records, SizeIs(1));
  EXPECT_EQ(news.records[0].step, 2);
  EXPECT_FALSE(news.begun_anew);
}

TEST_F(FollowTest, LeavesATornLineForLater) {
  const std::string line = step_line(1, 0.5);
  append(line.substr(0, 20));
  EXPECT_THAT(follower_.poll().records, SizeIs(0));
  append(line.substr(20) + "\n");
  EXPECT_THAT(follower_.poll().records, SizeIs(1));
}

TEST_F(FollowTest, PassesOverWhatIsNoRecord) {
  append("nonsense\n" + step_line(1, 0.5) + "\n");
  EXPECT_THAT(follower_.poll().records, SizeIs(1));
}

TEST_F(FollowTest, BeginsAnewWhenTheFileWasCut) {
  const std::string head = std::string(kBegin) + "\n" + step_line(1, 0.5) + "\n";
  append(head + step_line(2, 0.4) + "\n");
  follower_.poll();
  std::filesystem::resize_file(path_, head.size());
  const auto cut = follower_.poll();
  EXPECT_TRUE(cut.begun_anew);
  EXPECT_THAT(cut.records, SizeIs(2));
  // Cut, and longer than before by the time it is looked at again.
  append(step_line(2, 0.4) + "\n");
  follower_.poll();
  std::filesystem::resize_file(path_, head.size());
  append(step_line(2, 0.3) + "\n" + step_line(3, 0.2) + "\n");
  const auto grown = follower_.poll();
  EXPECT_TRUE(grown.begun_anew);
  EXPECT_THAT(grown.records, SizeIs(4));
  std::filesystem::remove(path_);
  EXPECT_TRUE(follower_.poll().begun_anew);
}

Watch watched(int steps) {
  Watch watch;
  watch.add(*parse_metrics_line(kBegin));
  for (int step = 1; step <= steps; ++step) {
    watch.add(*parse_metrics_line(step_line(step, 1.0 / step)));
  }
  return watch;
}

TEST(Watch, KnowsWhereTheRunStands) {
  Watch watch = watched(40);
  EXPECT_EQ(watch.figures().step, 40);
  EXPECT_DOUBLE_EQ(watch.figures().seconds_left, 30);
  EXPECT_THAT(watch.losses(), SizeIs(40));
  EXPECT_FALSE(watch.finished());
  watch.add(*parse_metrics_line(R"({"type":"end","step":100,"stage":2})"));
  EXPECT_TRUE(watch.finished());
}

TEST(Watch, SaysWhatTheRunDoes) {
  const Watch none;
  EXPECT_EQ(watch_status(none, {}), "has not begun");
  EXPECT_THAT(watch_status(watched(3), {.seconds_since_record = 5}), HasSubstr("5s ago"));
  EXPECT_EQ(watch_status(watched(3), {.writer_gone = true}),
            "no process trains here; the run can go on");
  EXPECT_EQ(watch_status(watched(3), {.writer_gone = true, .goes_on = "say resume"}),
            "no process trains here; say resume");
}

TEST(Watch, ScreenFitsTheTerminal) {
  Watch watch = watched(40);
  for (int i = 0; i < 30; ++i) {
    watch.add(*parse_metrics_line(
        R"({"type":"evaluation","step":40,"stage":1,"epoch":4,"label":"epoch )" +
        std::to_string(i) +
        R"(","results":[{"protocol":"knn","features":"cls","top1":50,"top5":90}]})"));
  }
  for (const auto& [columns, rows] : {std::pair{80, 24}, {200, 60}, {30, 10}, {5, 3}, {1, 1}}) {
    for (const bool ascii : {false, true}) {
      const auto lines =
          watch_screen(watch, {.name = "run", .columns = columns, .rows = rows, .ascii = ascii});
      EXPECT_LE(lines.size(), static_cast<std::size_t>(rows));
      EXPECT_THAT(lines, Each(ResultOf([](const std::string& line) { return display_width(line); },
                                       Le(static_cast<std::size_t>(columns)))));
    }
  }
  std::string whole;
  for (const auto& line : watch_screen(watch, {.name = "run\x1b[2J", .columns = 100, .rows = 40})) {
    whole += line + "\n";
  }
  EXPECT_THAT(whole,
              AllOf(HasSubstr("40%"), HasSubstr("step 40/100"), HasSubstr("left 30s"),
                    HasSubstr("loss 0.0250"), HasSubstr("800 images/s"), HasSubstr("data wait 25%"),
                    HasSubstr("epoch 29"), HasSubstr("stage 1/2")));
  EXPECT_EQ(whole.find('\x1b'), std::string::npos) << "a folder's name steers the terminal";
}

TEST(TextPlot, DrawsAFallingCurve) {
  const auto lines = text_plot({4, 3, 2, 1}, 13, 4, /*ascii=*/true);
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_EQ(lines[0], "       4 *   ");
  EXPECT_EQ(lines[1], "          *  ");
  EXPECT_EQ(lines[2], "           * ");
  EXPECT_EQ(lines[3], "       1    *");
}

TEST(TextPlot, BrailleHasEightPointsACharacter) {
  const auto lines = text_plot({1, 1}, 13, 2);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(display_width(lines[0]), 13U);
  // One row of two dots in the middle of the height.
  EXPECT_TRUE(lines[0].find("⣀") != std::string::npos || lines[1].find("⠉") != std::string::npos);
}

TEST(TextPlot, HasNothingToDraw) {
  EXPECT_THAT(text_plot({}, 80, 10), SizeIs(0));
  EXPECT_THAT(text_plot({std::nan("")}, 80, 10), SizeIs(0));
  EXPECT_THAT(text_plot({1, 2}, 8, 10), SizeIs(0));
  EXPECT_THAT(text_plot({1, 2}, 80, 1), SizeIs(0));
  EXPECT_THAT(text_plot({5e-324, 1e308, -1e308}, 40, 5), SizeIs(5));
}

}  // namespace
}  // namespace dbot::report
