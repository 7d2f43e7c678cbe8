#include "dbot/report/metrics/metrics_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/core/temporary_folder.h"

namespace dbot::report {
namespace {

using testing::ElementsAre;

class MetricsDigestTest : public testing::Test {
 protected:
  void append(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  void step(int number, int stage, const std::string& loss) {
    append(R"({"type":"step","step":)" + std::to_string(number) + R"(,"stage":)" +
           std::to_string(stage) + R"(,"loss":)" + loss +
           R"(,"seconds":2,"data_wait_fraction":0.25)" + R"(,"images_seen":)" +
           std::to_string(8 * number) + R"(,"scalars":{"tau":1})" +
           (loss == "null" ? R"(,"skipped":true)" : "") + "}\n");
  }
  const RunFigures& read() {
    bad_lines_ = digest_.read(path_);
    return digest_.figures();
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "metrics.jsonl";
  MetricsDigest digest_;
  std::int64_t bad_lines_ = 0;
};

TEST_F(MetricsDigestTest, GathersTheFiguresOfARun) {
  append(R"({"type":"begin","step":0,"stage":1,"stages":2,"total_steps":4,"steps_per_epoch":2,)"
         R"("stage_begin":[0,2,4]})"
         "\n");
  step(1, 1, "0.5");
  step(2, 1, "null");
  append(R"({"type":"stage","step":2,"stage":1,"peak_memory_bytes":1000})"
         "\n");
  append(R"({"type":"evaluation","step":2,"stage":1,"epoch":1,"label":"stage 1","results":)"
         R"([{"protocol":"knn","features":"mean","top1":50,"top5":90}]})"
         "\n");
  step(3, 2, "0.25");
  const RunFigures& figures = read();
  EXPECT_THAT(figures.stage_begin, ElementsAre(0, 2, 4));
  EXPECT_EQ(figures.step, 3);
  EXPECT_EQ(figures.stage, 1);
  EXPECT_EQ(figures.images_seen, 24);
  EXPECT_EQ(figures.seconds, 6);
  EXPECT_EQ(figures.data_wait_seconds, 1.5);
  EXPECT_THAT(figures.skipped, ElementsAre(2));
  EXPECT_FALSE(figures.finished);
  EXPECT_EQ(figures.stages.at(0).peak_memory_bytes, 1000);
  EXPECT_EQ(figures.stages.at(0).first_loss, 0.5);
  EXPECT_EQ(figures.stages.at(1).last_loss, 0.25);
  EXPECT_EQ(figures.evaluations.at(0).label, "stage 1");
  EXPECT_EQ(figures.curve("scalars.tau").points().size(), 3u);
  EXPECT_TRUE(std::isnan(figures.curve("loss").points()[1].y));
  EXPECT_TRUE(figures.curve("no such").empty());
}

TEST_F(MetricsDigestTest, HeldOutFiguresAreCurvesAndAPlanMayBecomeShorter) {
  append(R"({"type":"begin","step":0,"stage":1,"stages":2,"total_steps":4,"steps_per_epoch":2,)"
         R"("stage_begin":[0,2,4]})"
         "\n");
  append(R"({"type":"validation","step":1,"stage":1,"epoch":0.5,"figures":{"loss":0.75}})"
         "\n");
  append(R"({"type":"plan","step":1,"stage":1,"stages":2,"total_steps":3,"steps_per_epoch":2,)"
         R"("stage_begin":[0,1,3]})"
         "\n");
  const RunFigures& figures = read();
  ASSERT_EQ(figures.curve("validation.loss").points().size(), 1u);
  EXPECT_EQ(figures.curve("validation.loss").points()[0].y, 0.75);
  EXPECT_THAT(figures.stage_begin, ElementsAre(0, 1, 3));
  EXPECT_EQ(figures.total_steps, 3);
}

TEST_F(MetricsDigestTest, ReadsOnWhereItStopped) {
  EXPECT_EQ(read().step, 0) << "no file yet";
  step(1, 1, "0.5");
  append(R"({"type":"step","step":2,"st)");
  EXPECT_EQ(read().step, 1);
  EXPECT_EQ(bad_lines_, 0) << "a line may be under way";
  append("age\":1,\"loss\":0.4}\n");
  step(3, 1, "0.3");
  EXPECT_EQ(read().step, 3);
  EXPECT_EQ(read().curve("loss").points().size(), 3u);
}

TEST_F(MetricsDigestTest, BeginsAnewWhenTheFileWasCut) {
  for (int i = 1; i <= 5; ++i) step(i, 1, "0.5");
  EXPECT_EQ(read().step, 5);
  std::filesystem::remove(path_);
  step(1, 1, "0.5");
  EXPECT_EQ(read().step, 1);
  EXPECT_EQ(read().curve("loss").points().size(), 1u);
}

TEST_F(MetricsDigestTest, NothingInTheFileCanHarm) {
  append("\xff\xfe\n[]\n{}\nnull\n{\"type\":5,\"step\":1}\n");
  append(R"({"type":"step","step":-5,"stage":1})"
         "\n");
  append(R"({"type":"begin","step":0,"stages":1e300,"total_steps":-7,"stage_begin":[0,1e99]})"
         "\n");
  append(R"({"type":"step","step":1,"stage":1e308,"loss":1e999,"images_seen":-1e300})"
         "\n");
  append(R"({"type":"step","step":2,"stage":-4,"loss":"text"})"
         "\n");
  append("{\"type\":\"step\",\"step\":3,\"pad\":\"" + std::string(2'000'000, 'x') + "\"}\n");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  append(R"({"type":"step","step":4,"scalars":)" + deep + "1" + std::string(100'000, '}') + "}\n");
  for (int i = 0; i < 200; ++i) {
    append(R"({"type":"step","step":)" + std::to_string(10 + i) + R"(,"scalars":{"s)" +
           std::to_string(i) + "\":1}}\n");
  }
  const RunFigures& figures = read();
  EXPECT_EQ(figures.step, 209);
  EXPECT_LE(figures.curves.size(), 24u);
  EXPECT_GE(bad_lines_, 6);
}

}  // namespace
}  // namespace dbot::report
