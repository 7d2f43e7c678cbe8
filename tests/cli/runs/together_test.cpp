// dbot pretrain --processes N: the bits of one process, whatever happens to some of them.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/cli/support/environment.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

/// 8 micro-batches of one image a step, in as many lanes.
Words divisible(Words more = {}) {
  Words words{"--set", "train.batch_size=1", "--set", "train.accumulate=8",
              "--set", "train.lanes=8",      "--set", "schedule.epochs=8"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words processes(int count, Words more = {}) {
  more.insert(more.begin(), {"--processes", std::to_string(count)});
  return divisible(more);
}

/// Content of the newest checkpoint.
std::string checkpoint(const Workshop& shop, const std::string& name) {
  const fs::path run = shop.folder.path() / name;
  std::string all;
  for (const char* file : {"student", "teacher", "optimizer"}) {
    all += read_file(run / "checkpoints" / latest(run) / (std::string(file) + ".safetensors"));
  }
  return all;
}

TEST(Together, AnyPowerOfTwoOfProcessesGivesTheBitsOfOne) {
  const Workshop shop;
  for (const char* precision : {"fp32", "bf16"}) {
    if (std::string(precision) == "bf16" &&
        shop.pretrain("none", {"--precision", "bf16", "--steps", "1"}).exit_code != 0) {
      continue;  // this processor does not multiply it
    }
    const std::string one = std::string("one-") + precision;
    ASSERT_EQ(shop.pretrain(one, divisible({"--precision", precision})).exit_code, 0);
    for (const int count : {2, 4, 8}) {
      const std::string name = std::to_string(count) + precision;
      const Result result = shop.pretrain(name, processes(count, {"--precision", precision}));
      ASSERT_EQ(result.exit_code, 0) << result.err;
      EXPECT_TRUE(shop.model(one) == shop.model(name)) << name;
      EXPECT_TRUE(checkpoint(shop, one) == checkpoint(shop, name)) << name;
    }
  }
}

TEST(Together, PixelsAreLearntWithTheSameBitsToo) {
  const Workshop shop;
  const Words pixels{"--set", "objective.target=pixels", "--set", "objective.normalisation=patch",
                     "--set", "objective.loss=mse"};
  ASSERT_EQ(shop.pretrain("one", divisible(pixels)).exit_code, 0);
  for (const int count : {2, 8}) {
    const std::string name = std::to_string(count);
    const Result result = shop.pretrain(name, processes(count, pixels));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(checkpoint(shop, "one") == checkpoint(shop, name)) << name;
  }
}

TEST(Together, TheFirstAloneSaysWhatThereIsToSay) {
  const Workshop shop;
  const Result result = shop.pretrain("run", processes(2, {"--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["steps"], 64);
  EXPECT_THAT(result.err, AllOf(HasSubstr("[0] "), HasSubstr("2 processes of 1 threads"),
                                Not(HasSubstr("[1] "))));
  const auto facts = nlohmann::json::parse(read_file(shop.folder / "run/run.json"));
  EXPECT_EQ(facts["compute"]["processes"], 2);
}

TEST(Together, RunsGoOnWithAnotherNumberAfterAStopOfOne) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("straight", divisible()).exit_code, 0);
  {
    Program program(shop.command("moved", processes(4)), shop.folder.path());
    ASSERT_TRUE(wait_for_progress(program, shop.folder.path() / "moved", ""));
    const auto ranks = program.children();
    ASSERT_EQ(ranks.size(), 4U);
    kill(ranks[2], SIGTERM);
    const Result stopped = program.wait();
    ASSERT_EQ(stopped.exit_code, 75) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("resume"));
  }
  for (const int count : {2, 1, 8}) {
    Program program(shop.command("moved", processes(count, {"--resume"})), shop.folder.path());
    if (count != 8 && wait_for_progress(program, shop.folder.path() / "moved",
                                        latest(shop.folder.path() / "moved"))) {
      program.send(SIGTERM);
    }
    const Result result = program.wait();
    EXPECT_THAT(result.exit_code, testing::AnyOf(0, 75)) << result.err;
  }
  EXPECT_TRUE(shop.model("straight") == shop.model("moved"));
}

/// DBOT_TEST_KILLS: how many; three, so that the suite stays short.
int wanted_kills() {
  const char* wanted = getenv("DBOT_TEST_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : 3;
}

TEST(Together, KilledRanksAreStartedAgainAndTheEndIsTheSame) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("straight", divisible()).exit_code, 0);
  std::mt19937 random(11);
  int killed = 0;
  for (int run = 0; killed < wanted_kills(); ++run) {
    const std::string name = "killed-" + std::to_string(run);
    Program program(shop.command(name, processes(4, {"--restarts", "1000"})), shop.folder.path());
    while (killed < wanted_kills() && wait_for_progress(program, shop.folder.path() / name,
                                                        latest(shop.folder.path() / name))) {
      poll(nullptr, 0, static_cast<int>(random() % 100));
      const auto ranks = program.children();
      if (ranks.size() != 4) continue;
      kill(ranks[random() % 4], SIGKILL);
      ++killed;
    }
    const Result result = program.wait();
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(shop.model("straight") == shop.model(name)) << name;
  }
}

TEST(Together, ARankThatStandsStillIsNamed) {
  const Workshop shop;
  Program program(shop.command("run", processes(4, {"--set", "schedule.epochs=64"})),
                  shop.folder.path());
  ASSERT_TRUE(wait_for_progress(program, shop.folder.path() / "run", ""));
  const auto ranks = program.children();
  ASSERT_EQ(ranks.size(), 4U);
  const auto before = std::chrono::steady_clock::now();
  kill(ranks[2], SIGSTOP);
  const Result result = program.wait();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("rank 2"), HasSubstr("is dead or cut off: no beat since"),
                                HasSubstr("in step")));
  EXPECT_LT(took.count(), 30) << "3 s to notice, and what a busy machine adds";
}

TEST(Together, WhatDoesNotDivideIsRefusedWithNumbersThatDo) {
  const Workshop shop;
  const Result result = shop.pretrain("run", {"--processes", "4"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("train.accumulate 2"), HasSubstr("4 processes"),
                                HasSubstr("train.batch_size=2 train.accumulate=4")));
  EXPECT_FALSE(fs::exists(shop.folder / "run"));
  EXPECT_EQ(shop.pretrain("run", {"--processes", "0"}).exit_code, 2);
  EXPECT_EQ(shop.pretrain("run", {"--processes", "2", "--restarts", "-1"}).exit_code, 2);
  EXPECT_EQ(dbot({"pretrain", "auto", "--data", shop.data, "--processes", "2"}).exit_code, 2);
  EXPECT_THAT(
      dbot({"pretrain", shop.recipe, "--data", shop.data, "--processes", "2", "--restarts", "1"})
          .err,
      HasSubstr("--out"));
}

TEST(Together, ASystemWhoseBatchesFollowEachOtherIsRefusedByName) {
  const Workshop shop;
  const Result result =
      dbot({"pretrain", "mixmask/small-32", "--data", shop.data, "--out", shop.folder / "run",
            "--processes", "2", "--set", "train.accumulate=2"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("2 processes"), HasSubstr("batch normalisation")));
  EXPECT_FALSE(fs::exists(shop.folder / "run"));
}

/// The ranks of one run, each started by hand as torchrun would.
std::vector<Result> by_hand(const Workshop& shop, const std::vector<Words>& of_each) {
  const std::string port = std::to_string(20000 + getpid() % 20000);
  std::vector<std::unique_ptr<Program>> programs;
  for (std::size_t rank = 0; rank < of_each.size(); ++rank) {
    const Environment self({{"RANK", std::to_string(rank)},
                            {"WORLD_SIZE", std::to_string(of_each.size())},
                            {"LOCAL_RANK", std::to_string(rank)},
                            {"LOCAL_WORLD_SIZE", std::to_string(of_each.size())},
                            {"MASTER_ADDR", "127.0.0.1"},
                            {"MASTER_PORT", port}});
    programs.push_back(
        std::make_unique<Program>(shop.command("run", of_each[rank]), shop.folder.path()));
  }
  std::vector<Result> results;
  results.reserve(programs.size());
  for (const auto& program : programs) results.push_back(program->wait());
  return results;
}

TEST(Together, ARankWithAnotherRecipeIsNamedAndNothingIsWritten) {
  const Workshop shop;
  for (const Result& result : by_hand(shop, {{}, {"--seed", "7"}})) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("train.seed of rank 1"), HasSubstr("is 7, expected 0")));
  }
  for (const Result& result : by_hand(shop, {{}, {"--threads", "2"}})) {
    EXPECT_THAT(result.err, HasSubstr("train.threads of rank 1"));
  }
  EXPECT_FALSE(fs::exists(shop.folder / "run"));
}

TEST(Together, MoreProcessesUnderALauncherAreRefused) {
  const Workshop shop;
  for (const Result& result : by_hand(shop, {{"--processes", "2"}, {"--processes", "2"}})) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("--processes 2 is given to one of 2 processes"));
  }
  const Environment half({{"WORLD_SIZE", "2"}});
  EXPECT_EQ(shop.pretrain("run").exit_code, 2);
}

}  // namespace
}  // namespace dbot::cli_test
