// RUN/run.json and what a run says before it starts.
#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/cli/support/environment.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

Json facts_of(const Workshop& shop, const std::string& name) {
  return Json::parse(read_file(shop.folder.path() / name / "run.json"));
}

TEST(RunFacts, AreWrittenAndToldBeforeTheFirstStep) {
  const Workshop shop;
  const Result result = shop.pretrain("run");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json facts = facts_of(shop, "run");
  EXPECT_EQ(facts["recipe"], "tiny");
  EXPECT_EQ(facts["compute"]["precision"], "fp32");
  EXPECT_EQ(facts["compute"]["threads"], 1);
  EXPECT_EQ(facts["data"]["kind"], "idx");
  EXPECT_EQ(facts["data"]["path"], shop.data);
  EXPECT_EQ(facts["data"]["images"], 64);
  EXPECT_EQ(facts["data"]["classes"], 2);
  EXPECT_EQ(facts["data"]["mean"].size(), 3U);
  EXPECT_EQ(facts["model"]["tokens"], 17);
  EXPECT_EQ(facts["model"]["visible_tokens"], 5);
  // One block 16 wide: 12·16² + 13·16, the patches, cls, positions, the last norm.
  EXPECT_EQ(facts["model"]["encoder_parameters"],
            12 * 256 + 13 * 16 + 12 * 16 + 16 + 16 + 17 * 16 + 32);
  EXPECT_EQ(facts["model"]["teacher_parameters"], facts["model"]["encoder_parameters"]);
  EXPECT_EQ(facts["plan"]["stages"], 2);
  EXPECT_EQ(facts["plan"]["steps"], 16);
  EXPECT_EQ(facts["plan"]["images_per_step"], 8);
  EXPECT_TRUE(facts["plan"]["seconds"].is_null()) << "sixteen steps are over before it is known";

  const auto table = result.err.find("recipe tiny");
  ASSERT_NE(table, std::string::npos) << result.err;
  EXPECT_LT(table, result.err.find("step 1/16"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("64 images (2 classes)"), HasSubstr("2 stages"),
                                HasSubstr("memory      about"), HasSubstr("16 steps of 8 images")));
}

TEST(RunFacts, EstimateTheTimeOfARun) {
  const Workshop shop;
  const auto begin = std::chrono::steady_clock::now();
  const Result result =
      shop.pretrain("run", {"--steps", "400", "--set", "checkpoint.every_steps=0"});
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("estimated time"));
  const double estimated = facts_of(shop, "run")["plan"]["seconds"].get<double>();
  // Within 30 % on a quiet machine; tests run on busy ones, and a process takes a second to start.
  EXPECT_LT(estimated, 3 * passed.count());
  EXPECT_GT(estimated, (passed.count() - 3) / 3);
}

TEST(RunFacts, PlanTheMemoryOfARun) {
  const Workshop shop;
  // The address sanitizer would hold back 256 MB of what was freed, which is no memory of the run.
  const Environment environment({{"ASAN_OPTIONS", "quarantine_size_mb=0"}});
  for (const char* precision : {"fp32", "bf16"}) {
    const std::string name = std::string("run-") + precision;
    const Result result =
        dbot({"pretrain", "dbot/quick", "--data", shop.data, "--out", shop.folder / name, "--steps",
              "2", "--json", "--set", "train.batch_size=64", "--precision", precision, "--set",
              "evaluate.at_stage_ends=false", "--threads", "2"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const double measured = Json::parse(result.out)["peak_memory_bytes"].get<double>();
    const double planned = facts_of(shop, name)["plan"]["memory_bytes"].get<double>();
    EXPECT_GT(planned, 0.7 * measured) << precision;
    EXPECT_LT(planned, 1.3 * measured) << precision;
  }
}

TEST(RunFacts, AreNoReasonToEndARun) {
  const Workshop shop;
  std::filesystem::create_directories(shop.folder.path() / "run");
  ASSERT_EQ(shop.pretrain("run", {"--steps", "2"}).exit_code, 0);
  std::filesystem::remove(shop.folder.path() / "run/run.json");
  std::filesystem::create_directory(shop.folder.path() / "run/run.json");
  std::filesystem::remove_all(shop.folder.path() / "run/checkpoints");
  const Result result = shop.pretrain("run", {"--steps", "2", "--resume"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("run.json"));
}

}  // namespace
}  // namespace dbot::cli_test
