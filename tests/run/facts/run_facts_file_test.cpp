#include "dbot/run/facts/run_facts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "dbot/run/facts/stored_facts.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/fake_method.h"

namespace dbot::run {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Forecast : public testing::Test {
 protected:
  /// What is said after two micro-batches of so many seconds.
  std::vector<std::string> said_after(double seconds, std::int64_t micro_batches) {
    RunFactsFile file(
        folder_ / "run.json", [](const train::Plan&, const methods::Method&) { return RunFacts(); },
        nullptr,
        [this](core::LogLevel level, std::string_view text) {
          said_.push_back((level == core::LogLevel::warning ? "warning: " : "") +
                          std::string(text));
        });
    file.on_begin({.steps_per_epoch = 10, .stage_begin = {0, 100}, .warmup_steps = {0}}, {},
                  method_);
    said_.clear();
    for (std::int64_t done = 1; done <= 2; ++done) {
      file.on_micro_batch({.state = {},
                           .done = done,
                           .of = micro_batches,
                           .seconds = seconds * static_cast<double>(done),
                           .last_seconds = seconds},
                          method_);
    }
    return said_;
  }

  test::TemporaryFolder folder_;
  report::FakeMethod method_;
  std::vector<std::string> said_;
};

TEST_F(Forecast, OfSlowStepsStandsBeforeTheFirst) {
  EXPECT_THAT(said_after(4, 32),
              ElementsAre(AllOf(HasSubstr("about 3h33m"), HasSubstr("2m08s a step"))));
}

TEST_F(Forecast, OfMoreThanADayIsAWarningToo) {
  EXPECT_THAT(said_after(36, 32),
              ElementsAre(HasSubstr("about 1d08h"),
                          AllOf(HasSubstr("warning: "), HasSubstr("more than a day"),
                                HasSubstr("schedule.total_epochs"))));
}

TEST_F(Forecast, OfAShortRunIsNotTold) {
  EXPECT_THAT(said_after(0.02, 2), IsEmpty());
  EXPECT_THAT(said_after(0.1, 2), IsEmpty()) << "20 seconds";
}

TEST(ModelRows, StandAtTheHeadOfARunAndInItsFile) {
  RunFacts facts;
  facts.model.made_of.parts = {{.name = "encoder", .parameters = 7}};
  const std::string without = to_json(facts);
  facts.model.made_of.rows = {{"vocabulary", "2,000 words"}, {"text positions", "24\x1b[1m"}};
  EXPECT_THAT(facts_table(facts), AllOf(HasSubstr("  vocabulary  2,000 words\n"),
                                        HasSubstr("  text positions 24\xEF\xBF\xBD[1m\n")));
  EXPECT_THAT(facts_table(facts), HasSubstr("\n  operations  ")) << "a network without tokens";
  facts.model.made_of.tokens = 65;
  EXPECT_THAT(facts_table(facts), HasSubstr("\n  tokens      65 an image"));
  facts.model.made_of.tokens = 0;
  const auto json = nlohmann::ordered_json::parse(to_json(facts));
  EXPECT_EQ(json["model"]["rows"]["vocabulary"], "2,000 words");
  auto same = json;
  same["model"].erase("rows");
  EXPECT_EQ(same, nlohmann::ordered_json::parse(without)) << "no other key changes";
}

TEST(StoredFacts, OfAnOlderRunAreItsOnePath) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "run.json") << R"({"recipe":"dbot/quick","data":{"path":"photos"}})";
  const StoredFacts facts = read_stored_facts(folder.path());
  EXPECT_EQ(facts.recipe, "dbot/quick");
  EXPECT_THAT(facts.sources, ElementsAre("photos"));
}

TEST(StoredFacts, GoBackToWhereTheRunWasBegun) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "run.json") << R"({"data":{"sources":[
      {"path":"no such folder","absolute":"/somewhere/photos"},{"path":"/tmp","absolute":"/tmp"}]}})";
  EXPECT_THAT(read_stored_facts(folder.path()).sources, ElementsAre("/somewhere/photos", "/tmp"));
}

TEST(StoredFacts, OfABrokenFileAreNone) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(read_stored_facts(folder.path()).sources, IsEmpty());
  for (const char* text :
       {"", "[]", "{", R"({"data":3})", R"({"recipe":4,"data":{"sources":[1]}})"}) {
    std::ofstream(folder / "run.json") << text;
    EXPECT_THAT(read_stored_facts(folder.path()).sources, IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace dbot::run
