// The page of a run: written by the run itself, and by `dbot report` for one run or several.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(Report, ARunLeavesItsPage) {
  const Workshop shop;
  const Result result = shop.pretrain("run", {"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["report"], shop.folder / "run/report.html");
  const std::string page = read_file(shop.folder / "run/report.html");
  EXPECT_THAT(page, AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("Chart.js v3"),
                          HasSubstr(R"("state":"finished")"), HasSubstr(R"("gradient_norm")")));
  EXPECT_THAT(page, AllOf(HasSubstr("dbot evaluate knn --model "), HasSubstr("with --epochs;"),
                          Not(HasSubstr("{{")), Not(HasSubstr("{run}"))));
}

TEST(Report, ComparesRuns) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("first", {"--steps", "4"}).exit_code, 0);
  ASSERT_EQ(shop.pretrain("second", {"--steps", "4", "--seed", "1"}).exit_code, 0);
  const Result both = dbot({"report", shop.folder / "first", shop.folder / "second", "--out",
                            shop.folder / "both.html", "--json"});
  ASSERT_EQ(both.exit_code, 0) << both.err;
  const auto json = nlohmann::json::parse(both.out);
  EXPECT_EQ(json["runs"].size(), 2);
  EXPECT_EQ(json["runs"][1]["step"], 4);
  EXPECT_EQ(json["runs"][1]["state"], "finished");
  EXPECT_THAT(read_file(shop.folder / "both.html"), HasSubstr(R"("name":"second")"));
}

TEST(Report, ARunThatCannotWriteItsPageGoesOn) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "2", "--set", "checkpoint.keep=9"}).exit_code, 0);
  fs::remove(shop.folder / "run/report.html");
  fs::create_directory(shop.folder / "run/report.html");
  const Result again = shop.pretrain("run", {"--steps", "2", "--resume"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("report.html"));
}

TEST(Report, SaysWhatIsNoRun) {
  const Workshop shop;
  const Result nowhere = dbot({"report", shop.folder / "nowhere"});
  EXPECT_EQ(nowhere.exit_code, 3);
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("nowhere"), HasSubstr("does not exist")));
  const Result data = dbot({"report", shop.data});
  EXPECT_EQ(data.exit_code, 3);
  EXPECT_THAT(data.err, HasSubstr("recipe.toml"));
  EXPECT_EQ(dbot({"report"}).exit_code, 2);
  ASSERT_EQ(shop.pretrain("run", {"--steps", "2"}).exit_code, 0);
  const Result unwritable = dbot({"report", shop.folder / "run", "--out", "/proc/report.html"});
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_THAT(unwritable.out, IsEmpty());
}

}  // namespace
}  // namespace dbot::cli_test
