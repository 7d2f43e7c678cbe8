#include "dbot/runtime/launch/spawn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"

namespace dbot::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Runs a shell script as so many processes.
struct Spawned {
  explicit Spawned(const std::string& script, int processes = 3)
      : config{.command = {"/bin/sh", "-c", script}, .processes = processes, .grace_seconds = 0.3} {
  }

  SpawnResult run() {
    return run_processes(
        config, stop, [this](int rank, std::string_view line) { note(rank, line); },
        [this](core::LogLevel, std::string_view text) { notices += std::string(text) + "\n"; });
  }

  void note(int rank, std::string_view line) {
    lines[rank].emplace_back(line);
    if (line == "ready" && ++ready == config.processes) stop.request();
  }

  SpawnConfig config;
  core::StopRequest stop;
  std::map<int, std::vector<std::string>> lines;
  std::string notices;
  int ready = 0;  // processes that wait for a stop
};

TEST(Spawn, TellsTheLinesOfEachRank) {
  Spawned spawned(
      "echo \"$RANK of $WORLD_SIZE\" >&2; printf 'no end' >&2; test $RANK = 0 || echo out");
  EXPECT_EQ(spawned.run().exit_code, 0);
  EXPECT_THAT(spawned.lines[0], ElementsAre("0 of 3", "no end"));
  EXPECT_THAT(spawned.lines[2], ElementsAre("2 of 3", "no endout"));
  EXPECT_EQ(spawned.notices, "");
}

TEST(Spawn, EndsAllWhenOneFails) {
  Spawned spawned("test $RANK = 1 && exit 3; sleep 60");
  const core::Stopwatch clock;
  const SpawnResult result = spawned.run();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.failed_rank, 1);
  EXPECT_LT(clock.seconds(), 20);
  EXPECT_THAT(spawned.notices, HasSubstr("rank 1 ended with exit code 3; the other 2 end"));
}

TEST(Spawn, KillsWhatDoesNotEnd) {
  Spawned spawned("trap '' TERM; test $RANK = 2 && kill -9 $$; while :; do sleep 0.1; done");
  const SpawnResult result = spawned.run();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.failed_rank, 2);
  EXPECT_THAT(spawned.notices, HasSubstr("rank 2 was killed by signal 9"));
}

TEST(Spawn, PassesAStopOn) {
  Spawned spawned("trap 'exit 75' TERM; echo ready >&2; while :; do sleep 0.05; done", 2);
  const SpawnResult result = spawned.run();
  EXPECT_EQ(result.exit_code, 75);
  EXPECT_EQ(result.failed_rank, -1);
  EXPECT_EQ(spawned.notices, "");
}

TEST(Spawn, WhoIsKilledByAStopHasStopped) {
  Spawned spawned("echo ready >&2; exec sleep 60", 2);
  EXPECT_EQ(spawned.run().exit_code, 75);
  EXPECT_EQ(spawned.notices, "");
}

TEST(Spawn, StartsAgainAsOftenAsItMay) {
  Spawned spawned("echo $TORCHELASTIC_RESTART_COUNT >&2; test $TORCHELASTIC_RESTART_COUNT = 2", 2);
  spawned.config.restarts = 3;
  SpawnResult result = spawned.run();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.restarts, 2);
  EXPECT_THAT(spawned.lines[1], ElementsAre("0", "1", "2"));
  EXPECT_THAT(spawned.notices, HasSubstr("all 2 processes start again (2 of 3 times)"));

  spawned.config.restarts = 1;
  result = spawned.run();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.restarts, 1);
}

TEST(Spawn, WhatWouldComeAgainIsNotTriedAgain) {
  Spawned spawned("exit 2", 2);
  spawned.config.restarts = 5;
  const SpawnResult result = spawned.run();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.restarts, 0);
}

TEST(Spawn, SaysThatAProgramIsNotThere) {
  Spawned spawned("");
  spawned.config.command = {"/no/such/program"};
  EXPECT_EQ(spawned.run().exit_code, 127);
}

}  // namespace
}  // namespace dbot::runtime
