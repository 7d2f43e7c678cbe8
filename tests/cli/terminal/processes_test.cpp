// Several processes: dbot bench processes, by itself and under launchers.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/environment.h"
#include "tests/cli/support/program.h"

namespace dbot::cli_test {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kBench{"bench", "processes", "--megabytes", "1", "--rounds", "1"};

std::vector<std::string> bench(const std::vector<std::string>& more) {
  std::vector<std::string> words = kBench;
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Processes, BenchGivesFigures) {
  const Result result = dbot(bench({"--processes", "2", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(json.is_object()) << result.out;
  EXPECT_EQ(json["processes"], 2);
  EXPECT_EQ(json["bytes"], 1'000'000);
  ASSERT_EQ(json["collectives"].size(), 6u);
  for (const Json& one : json["collectives"]) {
    EXPECT_GT(one["seconds"], 0) << one;
    const double computed = one["bytes_computed"], sent = one["bytes_sent"];
    if (computed == 0 || sent == 0) continue;  // a kernel that does not tell
    EXPECT_NEAR(sent / computed, 1, 0.03) << one;
  }
}

TEST(Processes, BenchOfThreePrintsATable) {
  const Result result = dbot(bench({"--processes", "3"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("3 processes"), HasSubstr("reduce_scatter")));
}

TEST(Processes, WrongNumbersAreRefused) {
  for (const char* wrong : {"1", "0", "-2", "257"}) {
    const Result result = dbot(bench({std::string("--processes=") + wrong}));
    EXPECT_EQ(result.exit_code, 2) << wrong;
    EXPECT_THAT(result.err, HasSubstr("is not 2 to 256")) << wrong;
  }
  EXPECT_EQ(dbot({"bench", "processes", "--megabytes", "0"}).exit_code, 2);
}

TEST(Processes, UnderALauncherNoMoreAreStarted) {
  const Environment variables{{"RANK", "0"},        {"WORLD_SIZE", "2"},
                              {"LOCAL_RANK", "0"},  {"LOCAL_WORLD_SIZE", "2"},
                              {"MASTER_ADDR", "a"}, {"MASTER_PORT", "29500"}};
  const Result result = dbot(bench({"--processes", "2"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--processes 2 is given to one of 2 processes"));
}

TEST(Processes, HalfALauncherIsRefused) {
  const Environment variables{{"WORLD_SIZE", "2"}};
  const Result result = dbot(kBench);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("RANK is missing"));
}

TEST(Processes, AnAddressThatIsNotKnownIsNamed) {
  const Environment variables{{"RANK", "1"},
                              {"WORLD_SIZE", "2"},
                              {"LOCAL_RANK", "0"},
                              {"LOCAL_WORLD_SIZE", "1"},
                              {"MASTER_ADDR", "no-such-host.invalid"},
                              {"MASTER_PORT", "29500"}};
  const Result result = dbot(kBench);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("the address \"no-such-host.invalid\" is not known"));
}

TEST(Processes, AStopReachesAll) {
  const Result result =
      dbot_interrupted({"bench", "processes", "--processes", "2", "--rounds", "1000"});
  EXPECT_EQ(result.exit_code, 75) << result.err;
  EXPECT_THAT(result.err, HasSubstr("stopped on request"));
}

}  // namespace
}  // namespace dbot::cli_test
