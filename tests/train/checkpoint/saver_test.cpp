#include "dbot/train/checkpoint/saver.h"

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <vector>

namespace dbot::train {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// A disk that refuses is a file where the folder of the checkpoints should be.
class SaverTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() /
            ("dbot-saver-" + std::to_string(::getpid()) + "-" + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path folder() const { return root_ / "checkpoints"; }
  void refuse() { std::ofstream(folder()) << "no folder"; }
  void allow() { fs::remove(folder()); }

  Saver saver(const CheckpointConfig& config, std::int64_t steps_per_epoch = 1000) {
    return {folder(), config, steps_per_epoch, [this](core::LogLevel level, std::string_view text) {
              (level == core::LogLevel::warning ? warnings_ : notes_).emplace_back(text);
            }};
  }
  static Checkpoint at_step(std::int64_t step) {
    Checkpoint checkpoint;
    checkpoint.state.step = step;
    checkpoint.fixed_choices = "{}";
    checkpoint.tensors["student.cls_token"] = at::full({4}, 1.0);
    return checkpoint;
  }
  static std::vector<std::int64_t> due(const Saver& saver, std::int64_t last) {
    std::vector<std::int64_t> steps;
    for (std::int64_t step = 1; step <= last; ++step)
      if (saver.is_due(step)) steps.push_back(step);
    return steps;
  }

  fs::path root_;
  std::vector<std::string> warnings_, notes_;
};

constexpr CheckpointConfig kNever{.every_steps = 0, .every_epochs = 0};

TEST_F(SaverTest, IsDueBySteps) {
  CheckpointConfig config = kNever;
  config.every_steps = 3;
  EXPECT_THAT(due(saver(config), 10), ElementsAre(3, 6, 9));
  EXPECT_THAT(due(saver(kNever), 2000), ElementsAre());
}

TEST_F(SaverTest, IsDueByEpochsAndPartsOfThem) {
  CheckpointConfig config = kNever;
  config.every_epochs = 1;
  EXPECT_THAT(due(saver(config, 10), 30), ElementsAre(10, 20, 30));
  config.every_epochs = 0.5;
  EXPECT_THAT(due(saver(config, 10), 15), ElementsAre(5, 10, 15));
  config.every_epochs = 0.01;  // less than a step
  EXPECT_THAT(due(saver(config, 10), 3), ElementsAre(1, 2, 3));
}

TEST_F(SaverTest, TriesAgainSoonerThanItIsDueAndEverMoreSeldom) {
  Saver saver = this->saver(kNever);
  refuse();
  std::int64_t step = 100;
  for (const std::int64_t later : {4, 8, 16, 32, 64, 64}) {
    EXPECT_FALSE(saver.try_to_save(at_step(step), {}));
    for (std::int64_t steps = 1; steps <= later; ++steps)
      EXPECT_EQ(saver.is_due(step + steps), steps == later) << step << " + " << steps;
    step += later;
  }
  EXPECT_EQ(saver.saved_step(), -1);
  EXPECT_EQ(warnings_.size(), 3u);  // at the 1st, 2nd and 4th of six
  EXPECT_THAT(warnings_.front(), HasSubstr("there is no earlier one"));

  allow();
  EXPECT_TRUE(saver.try_to_save(at_step(step), {}));
  EXPECT_EQ(saver.saved_step(), step);
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("written again")));
  EXPECT_FALSE(saver.is_due(step + 4));
}

TEST_F(SaverTest, CountsFailuresAnewAfterASuccess) {
  Saver saver = this->saver(kNever);
  refuse();
  for (std::int64_t step = 1; step <= 3; ++step) saver.try_to_save(at_step(step), {});
  allow();
  ASSERT_TRUE(saver.try_to_save(at_step(4), {}));
  ASSERT_TRUE(saver.try_to_save(at_step(5), {}));
  EXPECT_EQ(notes_.size(), 1u);  // of the first success alone
  fs::remove_all(folder());
  refuse();
  warnings_.clear();
  EXPECT_FALSE(saver.try_to_save(at_step(6), {}));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("the last good one is that of step 5")));
  EXPECT_TRUE(saver.is_due(10));  // four steps later again
}

TEST_F(SaverTest, GivesUpOnlyWhenPatienceEnds) {
  Saver saver = this->saver(kNever);
  saver.resumed_from(7);
  refuse();
  try {
    saver.save_or_fail(at_step(12), {}, {});
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("so 5 steps are lost"));
  }
  EXPECT_TRUE(saver.gave_up());
  allow();
  EXPECT_TRUE(fs::is_directory(saver.save_or_fail(at_step(12), {}, {})));
  EXPECT_FALSE(saver.gave_up());
}

}  // namespace
}  // namespace dbot::train
