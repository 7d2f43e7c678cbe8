#include "dbot/report/page/page_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PageObserverTest : public testing::Test {
 protected:
  /// Whether the page was written since the last time.
  bool written() {
    const bool there = fs::exists(page_);
    fs::remove(page_);
    return there;
  }

  test::TemporaryFolder folder_;
  fs::path page_ = folder_ / "report.html";
  double now_ = 1000;
  std::vector<std::string> warnings_;
  PageObserver observer_{
      folder_.path(), CommandTexts(),
      [this](core::LogLevel, std::string_view text) { warnings_.emplace_back(text); },
      [this] { return now_; }};
  FakeMethod method_;
  train::Plan plan_{2, {0, 4, 8}, {0, 0}};
};

TEST_F(PageObserverTest, WritesAtTheBeginningAtEndsAndAtMostOnceAMinuteBetween) {
  observer_.on_begin(plan_, {}, method_);
  EXPECT_TRUE(written());
  observer_.on_epoch_end(1, {}, method_);
  EXPECT_FALSE(written());
  now_ += 61;
  observer_.on_epoch_end(2, {}, method_);
  EXPECT_TRUE(written());
  observer_.on_epoch_end(3, {}, method_);
  EXPECT_FALSE(written());
  observer_.on_stage_end(0, {}, method_);
  EXPECT_TRUE(written());
  observer_.on_end({}, method_);
  EXPECT_TRUE(written());
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(PageObserverTest, SaysOnceThatThePageCannotBeWritten) {
  fs::create_directory(page_);
  std::ofstream(page_ / "occupied") << "x";
  observer_.on_begin(plan_, {}, method_);
  observer_.on_stage_end(0, {}, method_);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_THAT(warnings_[0], HasSubstr("report.html"));
  fs::remove_all(page_);
  observer_.on_stage_end(1, {}, method_);
  EXPECT_TRUE(written());
}

TEST_F(PageObserverTest, ThePageSaysHowTheRunEnded) {
  observer_.write(RunState::stopped);
  EXPECT_THAT(core::read_text_file(page_), HasSubstr(R"("state":"stopped")"));
}

}  // namespace
}  // namespace dbot::report
