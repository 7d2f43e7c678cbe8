// A reference run: written from a finished run, drawn behind another.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What stands in a page for its scripts.
Json data_of(const std::string& page) {
  const std::string text = read_file(page);
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t at = text.find(begin) + begin.size();
  return Json::parse(text.substr(at, text.find("</script>", at) - at));
}

class Reference : public testing::Test {
 protected:
  Reference() {
    EXPECT_EQ(shop_.pretrain("run", {"--set", "evaluate.at_stage_ends=true"}).exit_code, 0);
  }
  Result report(const std::vector<std::string>& more) const {
    std::vector<std::string> words{"report", run_};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  }

  Workshop shop_;
  std::string run_ = shop_.folder / "run", file_ = shop_.folder / "reference.json";
};

TEST_F(Reference, IsWrittenFromARunAndDrawnBehindAnother) {
  const Result written = report({"--write-reference", file_, "--json"});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  EXPECT_EQ(Json::parse(written.out)["out"], file_);
  EXPECT_LE(fs::file_size(file_), 100'000U);
  EXPECT_THAT(read_file(file_), Not(HasSubstr(shop_.folder.path().string())));
  ASSERT_EQ(shop_.pretrain("other", {"--steps", "6", "--seed", "3"}).exit_code, 0);
  const std::string page = shop_.folder / "page.html";
  const Result drawn =
      dbot({"report", shop_.folder / "other", "--reference", file_, "--out", page});
  ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
  const Json data = data_of(page);
  EXPECT_EQ(data["runs"][0]["name"], "other");
  EXPECT_EQ(data["reference"]["origin"], file_);
  EXPECT_EQ(data["reference"]["settings"]["train.seed"], "0");
  EXPECT_EQ(data["reference"]["curves"]["loss"].size(), 16U);
  EXPECT_FALSE(data["reference"]["evaluations"].empty());
  EXPECT_EQ(data_of(run_ + "/report.html").count("reference"), 0U);
}

TEST_F(Reference, IsReplacedButNothingElseIs) {
  ASSERT_EQ(report({"--write-reference", file_}).exit_code, 0);
  EXPECT_EQ(report({"--write-reference", file_}).exit_code, 0);
  const std::string own = shop_.folder / "mine.json";
  write_file(own, "{\"mine\": 1}");
  const Result refused = report({"--write-reference", own});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr(own));
  EXPECT_EQ(read_file(own), "{\"mine\": 1}");
}

TEST_F(Reference, ThatCannotBeHadIsSaidSo) {
  // "tiny.toml" is no recipe of the program, so there is none to find by itself.
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--reference"}, {"--reference", "auto"}}) {
    const Result automatic = report(words);
    EXPECT_EQ(automatic.exit_code, 2) << automatic.err;
    EXPECT_THAT(automatic.err, HasSubstr("has no reference run in this program"));
  }
  const Result nowhere = report({"--reference", "/nowhere.json"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("/nowhere.json"), HasSubstr("is no file")));
  write_file(file_, "{\"loss\": 1}");
  const Result malformed = report({"--reference", file_});
  EXPECT_EQ(malformed.exit_code, 3);
  EXPECT_THAT(malformed.err, AllOf(HasSubstr(file_), HasSubstr("is no reference run")));
  const Result both = dbot({"report", run_, run_, "--reference", file_});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("of one run, 2 are named"));
  EXPECT_EQ(report({"--reference", file_, "--write-reference", file_}).exit_code, 2);
}

TEST_F(Reference, IsOfFinishedRunsAlone) {
  fs::remove(run_ + "/metrics.jsonl");
  const Result refused = report({"--write-reference", file_});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("expected a finished run"));
  EXPECT_FALSE(fs::exists(file_));
}

}  // namespace
}  // namespace dbot::cli_test
