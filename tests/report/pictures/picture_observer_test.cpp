#include "dbot/report/pictures/picture_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/report/pictures/set/store.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Two stages of two epochs, two steps each; walked through as the trainer does.
class PictureObserverTest : public testing::Test {
 protected:
  // Goes on at `from` to `to`; returns the labels that were drawn.
  std::vector<std::string> run(std::int64_t from, std::int64_t to) {
    std::vector<std::string> drawn;
    const DrawPictures draw = [&](const methods::Method&, const fs::path& folder,
                                  const fs::path& earlier) {
      earlier_.push_back(earlier.filename().string());
      draws_ += 1;
      if (draws_ == stop_at_) throw Stopped("stopped");
      if (draws_ == fail_at_) throw std::runtime_error("no space left\nstack trace");
      core::write_file_synced(folder / "a.png", std::to_string(draws_));
      return PictureSet{};
    };
    PictureObserver observer(run_.path(), every_epochs_, draw,
                             [&](core::LogLevel level, std::string_view text) {
                               if (level == core::LogLevel::warning) warnings_.emplace_back(text);
                             });
    const auto labels = [&] {
      std::vector<std::string> result;
      for (const PictureSet& set : read_picture_sets(run_.path())) result.push_back(set.label);
      return result;
    };
    try {
      walk(from, to, observer);
    } catch (const Stopped&) {
    }
    return labels();
  }

  void walk(std::int64_t from, std::int64_t to, PictureObserver& observer) {
    train::TrainState state{.step = from, .stage = from > 4 ? 1 : 0};
    observer.on_begin(plan_, state, method_);
    for (++state.step; state.step <= to; ++state.step) {
      state.stage = state.step > 4 ? 1 : 0;
      if (state.step % 2 == 0) observer.on_epoch_end(state.step / 2, state, method_);
      if (state.step % 4 == 0) observer.on_stage_end(state.stage, state, method_);
    }
  }

  const train::Plan plan_{2, {0, 4, 8}, {0, 0}};
  const test::TemporaryFolder run_;
  std::int64_t every_epochs_ = 0;
  int draws_ = 0, stop_at_ = -1, fail_at_ = -1;
  std::vector<std::string> warnings_, earlier_;
  FakeMethod method_;
};

TEST_F(PictureObserverTest, CallsAStartFromAFileByItsName) {
  method_.trained_before = true;
  EXPECT_THAT(run(0, 0), ElementsAre("start weights"));
  EXPECT_EQ(read_picture_sets(run_.path())[0].moment, Moment::start);
}

TEST_F(PictureObserverTest, DrawsAtTheStartAndAtStageEnds) {
  EXPECT_THAT(run(0, 8), ElementsAre("untrained network", "stage 1", "stage 2"));
  const auto sets = read_picture_sets(run_.path());
  EXPECT_EQ(sets[0].moment, Moment::start);
  EXPECT_EQ(sets[2].moment, Moment::stage);
  EXPECT_EQ(sets[2].step, 8);
  EXPECT_EQ(sets[2].stage, 1);
  EXPECT_TRUE(fs::exists(run_ / "pictures" / "stage-2" / "a.png"));
  EXPECT_EQ(draws_, 3);
}

TEST_F(PictureObserverTest, EachMomentFollowsTheColoursOfTheOneBefore) {
  run(0, 8);
  EXPECT_THAT(earlier_, ElementsAre("", "untrained-network", "stage-1"));
  // Also after a resume.
  run(4, 8);
  EXPECT_EQ(earlier_.back(), "stage-1");
}

TEST_F(PictureObserverTest, DrawsAtEpochsWhereAsked) {
  every_epochs_ = 1;
  EXPECT_THAT(run(0, 8),
              ElementsAre("untrained network", "epoch 1", "stage 1", "epoch 3", "stage 2"));
}

TEST_F(PictureObserverTest, NothingIsDrawnTwice) {
  run(0, 8);
  run(8, 8);
  EXPECT_EQ(draws_, 3);
}

TEST_F(PictureObserverTest, SetsOfLaterStepsAreMadeAgain) {
  run(0, 8);
  EXPECT_THAT(run(3, 3), ElementsAre("untrained network"));
  EXPECT_THAT(run(3, 8), ElementsAre("untrained network", "stage 1", "stage 2"));
  EXPECT_EQ(draws_, 5);
  EXPECT_EQ(core::read_text_file(run_ / "pictures" / "stage-1" / "a.png"), "4");
}

TEST_F(PictureObserverTest, AnInterruptedSetIsMadeUpForAndLeavesNothingBehind) {
  stop_at_ = 2;
  EXPECT_THAT(run(0, 8), ElementsAre("untrained network"));
  EXPECT_THAT(run(4, 4), ElementsAre("untrained network", "stage 1"));
  int entries = 0;
  for (const auto& entry : fs::directory_iterator(run_ / "pictures")) {
    entries += 1;
    EXPECT_FALSE(entry.path().filename().string().starts_with('.'));
  }
  EXPECT_EQ(entries, 2);
}

TEST_F(PictureObserverTest, WhatFailsIsAWarningAndTheRunGoesOn) {
  fail_at_ = 2;
  EXPECT_THAT(run(0, 8), ElementsAre("untrained network", "stage 2"));
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("no pictures of stage 1, the run goes on: no space left"));
  EXPECT_THAT(warnings_[0], testing::Not(HasSubstr("stack")));
}

TEST_F(PictureObserverTest, AFolderThatCannotBeMadeIsAWarning) {
  core::write_file_synced(run_ / "pictures", "a file is in the way");
  EXPECT_THAT(run(0, 8), IsEmpty());
  ASSERT_EQ(warnings_.size(), 3U);
  EXPECT_THAT(warnings_[2], HasSubstr("stage 2"));
}

TEST(PictureStore, ASetThatFailsLeavesTheOlderOneWhole) {
  const test::TemporaryFolder run;
  const fs::path folder = picture_folder(run.path(), "stage 1");
  const auto draw = [](const std::string& label) {
    return [label](const fs::path& place) {
      core::write_file_synced(place / (label + ".png"), label);
      PictureSet set;
      set.label = label;
      return set;
    };
  };
  replace_picture_set(folder, draw("first"));
  EXPECT_THROW(replace_picture_set(folder,
                                   [](const fs::path& place) -> PictureSet {
                                     core::write_file_synced(place / "half.png", "");
                                     throw Error("broken");
                                   }),
               Error);
  EXPECT_EQ(read_picture_set(folder).label, "first");
  replace_picture_set(folder, draw("second"));
  EXPECT_EQ(read_picture_set(folder).label, "second");
  EXPECT_FALSE(fs::exists(folder / "first.png"));
}

}  // namespace
}  // namespace dbot::report
