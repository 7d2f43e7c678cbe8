// Ranks as processes of this test program, which are hurt.
#include "dbot/runtime/heartbeat.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/runtime/launch/spawn.h"
#include "dbot/runtime/process_group/network.h"
#include "tests/runtime/process_group/ranks.h"

namespace dbot::runtime {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kMode = "DBOT_TEST_HEARTBEAT";

/// On a machine that is busy with other things a rank that is waited for may fall silent late: only
/// who looks for a rank that hangs is quick to call one stuck.
HeartbeatConfig quick(const std::string& mode) {
  return {.beat_seconds = 0.1,
          .silence_seconds = mode == "hang" ? 20.0 : 1.0,
          .stuck_seconds = mode == "hang" ? 1.0 : 20.0,
          .first_seconds = 20};
}

/// What the last rank does to itself in step 5.
void hurt(const std::string& mode) {
  if (mode == "kill") raise(SIGKILL);
  if (mode == "stop") raise(SIGSTOP);
  if (mode == "hang") std::this_thread::sleep_for(std::chrono::seconds(30));
  if (mode == "fail") throw Error("the disk is full");
}

/// One rank of a training, as it were. Writes what ended it to stderr.
int train(const std::string& mode) {
  Launched self = launched(environment_variables()).value();
  self.store_is_served = mode != "rank 0";  // it serves the store itself then
  Group group(group_config(self));
  Heartbeat heartbeat(group, quick(mode));
  const int victim = mode == "rank 0" ? 0 : group.ranks() - 1;
  try {
    for (int step = 1; step < 200; ++step) {
      heartbeat.set_step(step);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (step == 5 && group.rank() == victim) hurt(mode == "rank 0" ? "kill" : mode);
      group.sum(at::ones({100'000}));
      if (step == 20) return 0;
    }
  } catch (const Error& problem) {
    const std::string text = problem.what();
    if (mode == "fail" && group.rank() == victim) heartbeat.fail(text);
    fprintf(stderr, "said: %s\n", text.c_str());
  }
  return 1;
}

/// Not a test but what the tests below start as each rank.
TEST(HeartbeatRank, Trains) {
  const char* mode = getenv(kMode);
  if (mode == nullptr) GTEST_SKIP() << "only as a rank of the tests of Heartbeat";
  _exit(train(mode));
}

struct Ending {
  std::vector<std::string> said;  // by ranks other than the victim, in their order
  int exit_code;
  double seconds;
};

/// Three ranks, one of which is hurt.
Ending ending_of(const std::string& mode) {
  setenv(kMode, mode.c_str(), 1);
  const auto store = mode == "rank 0" ? nullptr : open_store({.serve = true});
  const int port = store ? store->port() : listen_at("127.0.0.1", 0).port;
  const core::StopRequest stop;
  const core::Stopwatch clock;
  Ending ending{};
  ending.said.resize(3);
  const SpawnResult result = run_processes(
      {.command = {std::filesystem::read_symlink("/proc/self/exe"),
                   "--gtest_filter=HeartbeatRank.Trains"},
       .processes = 3,
       .port = port,
       .grace_seconds = 2.5},
      stop,
      [&](int rank, std::string_view line) {
        if (line.starts_with("said: ")) ending.said[static_cast<std::size_t>(rank)] = line;
      },
      core::silent_log());
  unsetenv(kMode);
  ending.seconds = clock.seconds();
  ending.exit_code = result.exit_code;
  ending.said.erase(ending.said.begin() + (mode == "rank 0" ? 0 : 2));
  return ending;
}

TEST(Heartbeat, OfRanksThatAreWellIsSilent) {
  const Ending ending = ending_of("none");
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_THAT(ending.said, Each(IsEmpty()));
}

TEST(Heartbeat, NamesARankThatWasKilled) {
  const Ending ending = ending_of("kill");
  EXPECT_EQ(ending.exit_code, 1);
  EXPECT_THAT(ending.said, Each(AllOf(HasSubstr("rank 2 (" + own_host_name() + ")"),
                                      HasSubstr("is dead or cut off"), HasSubstr("in step"))));
  EXPECT_LT(ending.seconds, 10);  // starting three programs takes most of it
}

TEST(Heartbeat, NamesARankThatWasStopped) {
  EXPECT_THAT(ending_of("stop").said,
              Each(AllOf(HasSubstr("rank 2"), HasSubstr("is dead or cut off: no beat since"))));
}

TEST(Heartbeat, NamesARankThatHangs) {
  EXPECT_THAT(ending_of("hang").said,
              Each(AllOf(HasSubstr("rank 2"), HasSubstr("is stuck"), HasSubstr("in step 5"))));
}

TEST(Heartbeat, TellsOthersWhatARankSays) {
  EXPECT_THAT(ending_of("fail").said,
              Each(AllOf(HasSubstr("rank 2"), HasSubstr("has ended in step 5: the disk is full"))));
}

TEST(Heartbeat, NamesRankZeroWhoServesTheStore) {
  EXPECT_THAT(ending_of("rank 0").said,
              Each(AllOf(HasSubstr("rank 0"), HasSubstr("its store does not answer"))));
}

TEST(Heartbeat, OfOneStartsNothing) {
  Group group;
  Heartbeat heartbeat(group);
  heartbeat.set_step(1);
  heartbeat.fail("nobody hears it");
  EXPECT_FALSE(heartbeat.loss());
}

}  // namespace
}  // namespace dbot::runtime
