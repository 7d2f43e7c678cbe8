#include "dbot/runtime/heartbeat_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbot::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const HeartbeatConfig kConfig{
    .silence_seconds = 3, .begin_seconds = 10, .stuck_seconds = 4, .first_seconds = 60};

TEST(BeatWatch, NamesWhoIsSilentForLongest) {
  BeatWatch watch(0, 3, kConfig, 0);
  watch.saw(1, {.count = 1, .step = 7}, 1);
  watch.saw(2, {.count = 1, .step = 8}, 2);
  EXPECT_FALSE(watch.judge({}, 3.9));
  watch.saw(2, {.count = 1, .step = 8}, 3.9);  // the same beat once more says nothing
  const auto loss = watch.judge({}, 5.5);
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->kind, Loss::Kind::silent);
  EXPECT_EQ(loss->rank, 1);
  EXPECT_EQ(loss->step, 7);
  EXPECT_DOUBLE_EQ(loss->seconds, 4.5);
}

TEST(BeatWatch, GivesAFirstBeatMoreTime) {
  BeatWatch watch(0, 2, kConfig, 0);
  EXPECT_FALSE(watch.judge({}, 9));
  EXPECT_TRUE(watch.judge({}, 11));  // but not as much as a first step: its process may be dead
  EXPECT_FALSE(watch.all_have_beaten());
  watch.saw(1, {.count = 1}, 1);
  EXPECT_TRUE(watch.all_have_beaten());
}

TEST(BeatWatch, WhoLeftIsNotMissed) {
  BeatWatch watch(0, 2, kConfig, 0);
  watch.saw(1, {.count = 1}, 1);
  watch.saw(1, {.count = 1, .left = true}, 2);
  EXPECT_FALSE(watch.judge({}, 100));
}

TEST(BeatWatch, NamesWhoIsFurthestBehind) {
  BeatWatch watch(3, 4, kConfig, 0);
  watch.saw(0, {.count = 1, .arrived = 9}, 10);
  watch.saw(1, {.count = 1, .step = 4, .arrived = 7}, 10);
  watch.saw(2, {.count = 1, .arrived = 8}, 10);
  const BeatWatch::Own own{.arrived = 9, .waiting = true, .since = 5, .patience = 6};
  EXPECT_FALSE(watch.judge(own, 11));
  const auto loss = watch.judge(own, 11.5);
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->kind, Loss::Kind::stuck);
  EXPECT_EQ(loss->rank, 1);
  EXPECT_EQ(loss->step, 4);
  EXPECT_FALSE(watch.judge({.arrived = 9}, 11.5));  // it does not wait
  EXPECT_FALSE(watch.judge({.arrived = 7, .waiting = true, .since = 5, .patience = 6}, 11.5));
}

TEST(BeatWatch, AfterAPauseOfItsOwnOthersAreNotBlamed) {
  BeatWatch watch(0, 2, kConfig, 0);
  watch.saw(1, {.count = 1}, 1);
  watch.restart(50);
  EXPECT_FALSE(watch.judge({}, 52));
  EXPECT_TRUE(watch.judge({}, 54));
}

TEST(BeatWatch, OfManyWatchesNeighbours) {
  EXPECT_THAT(BeatWatch(5, 64, kConfig, 0).watched(), SizeIs(63));
  EXPECT_THAT(BeatWatch(0, 65, kConfig, 0).watched(), ElementsAre(64, 1));
}

TEST(UsualPatience, GrowsWithTheLongestStep) {
  UsualPatience patience(kConfig);
  double now = 0;
  for (const double step : {30.0, 2.0, 5.0}) {
    EXPECT_DOUBLE_EQ(patience.seconds(), 60);
    now += step;
    patience.came(now);
    patience.left(now);
  }
  EXPECT_DOUBLE_EQ(patience.seconds(), 4 + 5);
}

TEST(Beat, IsReadBack) {
  const Beat beat =
      Beat::of_text(Beat{.count = 3, .step = 412, .arrived = 9, .left = true}.to_text());
  EXPECT_EQ(beat.count, 3);
  EXPECT_EQ(beat.step, 412);
  EXPECT_EQ(beat.arrived, 9);
  EXPECT_TRUE(beat.left);
}

TEST(Loss, SaysWhoAndSinceWhen) {
  const Loss silent{.kind = Loss::Kind::silent, .rank = 3, .seconds = 3.06, .step = 412};
  EXPECT_THAT(to_text(silent.fields("b")),
              HasSubstr("[processes] rank 3 (b) is dead or cut off: no beat since 3.1 s, in step "
                        "412"));
  const Loss ended{.kind = Loss::Kind::ended, .rank = 1, .step = 2, .reason = "disk \"full\"\n"};
  EXPECT_THAT(to_text(Loss::of_text(ended.to_text()).fields("a")),
              HasSubstr("rank 1 (a) has ended in step 2: disk \"full\"\n"));
  const Loss store{.kind = Loss::Kind::store, .rank = -1};
  EXPECT_THAT(to_text(store.fields("a")), HasSubstr("the launcher (a) is dead or cut off"));
  const Loss stuck{.kind = Loss::Kind::stuck, .rank = 1, .seconds = 5};
  EXPECT_THAT(to_text(stuck.fields("a")), HasSubstr("rank 1 (a) is stuck"));
}

}  // namespace
}  // namespace dbot::runtime
