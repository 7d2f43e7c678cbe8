#include "dbot/report/page/page_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "dbot/core/files/files.h"
#include "dbot/report/page/page.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/example_pictures.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PageDataTest : public testing::Test {
 protected:
  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((run_ / name).parent_path());
    std::ofstream(run_ / name, std::ios::binary) << text;
  }
  json data() {
    text_ = PageData(run_, commands_).json();
    return json::parse(text_);
  }

  test::TemporaryFolder folder_;
  CommandTexts commands_;
  fs::path run_ = folder_ / "run";
  std::string text_;
};

const std::string one_step =
    R"({"type":"begin","step":0,"stage":1,"stages":1,"total_steps":2,"stage_begin":[0,2]})"
    "\n"
    R"({"type":"step","step":1,"stage":1,"loss":0.5})"
    "\n";

TEST_F(PageDataTest, AnEmptyFolderGivesEveryPart) {
  const json page = data();
  for (const char* key : {"name", "path", "state", "verdict", "advice", "facts", "progress",
                          "curves", "stages", "evaluations", "later_evaluations", "pictures",
                          "bad_files", "next", "checkpoints", "recipe", "left_out"}) {
    EXPECT_TRUE(page.contains(key)) << key;
  }
  EXPECT_EQ(page["state"], "empty");
  EXPECT_EQ(page["verdict"]["kind"], "too_early");
  EXPECT_EQ(page["verdict"]["measure"], "");
}

TEST_F(PageDataTest, SaysWhereTheRunStands) {
  write("metrics.jsonl", one_step);
  EXPECT_EQ(data()["state"], "stopped");
  {
    const auto lock = core::FileLock::try_acquire(run_ / ".lock");
    EXPECT_EQ(data()["state"], "running");
    EXPECT_EQ(json::parse(PageData(run_).json(RunState::stopped))["state"], "stopped");
  }
  write("metrics.jsonl", one_step + R"({"type":"end","step":2,"stage":1})"
                                    "\n");
  EXPECT_EQ(data()["state"], "finished");
}

TEST_F(PageDataTest, CarriesFiguresAsTheyAre) {
  write("metrics.jsonl", one_step);
  const json page = data();
  EXPECT_EQ(page["curves"]["loss"]["points"], json::parse("[[1,0.5]]"));
  EXPECT_EQ(page["progress"]["stage_begin"], json::parse("[0,2]"));
}

TEST_F(PageDataTest, CarriesFurtherFiguresAndRowsOfTheModel) {
  write("metrics.jsonl",
        one_step + R"({"type":"evaluation","step":1,"stage":1,"label":"stage 1","results":[)"
                   R"({"protocol":"multi","features":"cls","top1":null,"top5":null,)"
                   R"("figures":{"mAP":0.41,"</b>":null}}]})"
                   "\n");
  write("run.json", R"({"model":{"encoder_parameters":7,"rows":{"vocabulary":"2,000 words"}}})");
  const json page = data();
  EXPECT_EQ(page["evaluations"][0]["results"][0]["figures"],
            json::parse(R"([["</b>",null],["mAP",0.41]])"));
  EXPECT_EQ(page["evaluations"][0]["results"][0]["top1"], nullptr);
  EXPECT_EQ(page["facts"]["model"]["rows"]["vocabulary"], "2,000 words");
}

TEST_F(PageDataTest, ShowsEvaluationsThatWereMadeAfterwards) {
  const std::string one = R"({"labels":"<b>10%","seeds":[0,1],"results":[{"protocol":"knn",)"
                          R"("features":"grid:3","top1":71.5,"top1_spread":0.5}]})";
  for (const char* number : {"10", "2", "broken", "3"}) {
    fs::create_directories(run_ / "evaluations" / number);
  }
  write("evaluations/10/results.json", one);
  write("evaluations/2/results.json", one);
  write("evaluations/broken/results.json", one);
  write("evaluations/3/results.json", "{\"results\": [");
  const json later = data()["later_evaluations"];
  ASSERT_EQ(later.size(), 2U);
  EXPECT_EQ(later[0]["number"], 2);
  EXPECT_EQ(later[1]["number"], 10);
  EXPECT_EQ(later[1]["labels"], "<b>10%");
  EXPECT_EQ(later[1]["results"][0]["top1_spread"], 0.5);
  EXPECT_THAT(text_, Not(HasSubstr("<b>")));
}

TEST_F(PageDataTest, HoldsNothingThatIsMarkup) {
  const std::string hostile = "</script><img src=x onerror=alert(1)>&amp;\xE2\x80\xA8\xff\"'";
  write("recipe.toml", "[a]\nb = 1 # " + hostile);
  write("bad_files.txt", hostile);
  write("run.json", R"({"machine":{"processor":"</script><b>\u202e"}})");
  write("metrics.jsonl", R"({"type":"step","step":1,"stage":1,"scalars":{"<b>":1}})"
                         "\n");
  const json page = data();
  EXPECT_THAT(text_, AllOf(Not(HasSubstr("<")), Not(HasSubstr(">")), Not(HasSubstr("&"))));
  EXPECT_TRUE(std::ranges::all_of(text_, [](unsigned char c) { return c >= 0x20 && c < 0x7f; }));
  EXPECT_EQ(page["facts"]["machine"]["processor"], "</script><b>\xEF\xBF\xBD");
  EXPECT_THAT(page_html({text_}), Not(HasSubstr("<img src=x")));
}

TEST_F(PageDataTest, ShowsPicturesOfThisRunOnly) {
  const PictureSet set = example_set(run_, "stage 1", 100, 0);
  json page = data();
  EXPECT_THAT(page["pictures"][0]["groups"][0]["pictures"][0]["source"].get<std::string>(),
              testing::StartsWith("data:image/png;base64,iVBOR"));
  EXPECT_EQ(page["pictures"][0]["map"]["points"].size(), set.map->points.size());
  // A link out of the folder is not followed, a file that is no PNG not shown.
  const fs::path folder = picture_folder(run_, "stage 1");
  const fs::path first = folder / set.groups[0].pictures[0].file;
  std::ofstream(folder_ / "secret.png") << "\x89PNG\r\n\x1a\nsecret";
  fs::remove(first);
  fs::create_symlink(folder_ / "secret.png", first);
  page = data();
  EXPECT_EQ(page["pictures"][0]["groups"][0]["pictures"].size(), set.groups[0].pictures.size() - 1);
  EXPECT_THAT(page["left_out"].dump(), HasSubstr("not a picture of this run"));
}

TEST_F(PageDataTest, ThumbnailsThatMomentsShareStandInThePageOnce) {
  example_set(run_, "untrained network", 0, 0);
  example_set(run_, "stage 1", 100, 0);
  const auto other = example_set(run_, "stage 2", 200, 1, 24);  // other samples
  const json pictures = data()["pictures"];
  EXPECT_EQ(pictures[0]["map"]["atlas"], 1);
  EXPECT_THAT(pictures[1]["map"]["atlas"].get<std::string>(),
              testing::StartsWith("data:image/png"));
  EXPECT_THAT(pictures[2]["map"]["atlas"].get<std::string>(),
              testing::StartsWith("data:image/png"));
  EXPECT_NE(pictures[1]["map"]["atlas"], pictures[2]["map"]["atlas"]);
  EXPECT_EQ(pictures[1]["pixel_neighbours"][0]["nearest"], json::parse("[1,3]"));
}

TEST_F(PageDataTest, ShowsEveryKindOfPictureForWhatItIs) {
  const PictureSet set = example_set(run_, "stage 1", 100, 0);
  const fs::path first = picture_folder(run_, "stage 1") / set.groups[0].pictures[0].file;
  std::ofstream(first, std::ios::binary | std::ios::trunc) << "RIFF\4\3\2\1WEBPVP8 ";
  EXPECT_THAT(data()["pictures"][0]["groups"][0]["pictures"][0]["source"].get<std::string>(),
              testing::StartsWith("data:image/webp;base64,UklGR"));
}

TEST_F(PageDataTest, CommandsArePasteable) {
  run_ = folder_ / "it's a run";
  write("metrics.jsonl", one_step);
  write("run.json", R"({"data":{"path":"/data/my images"}})");
  commands_.resume = "train {recipe} of {data} into {run}";
  const json next = data()["next"];
  ASSERT_EQ(next.size(), 1u) << "only commands that the program has";
  EXPECT_THAT(next[0]["command"].get<std::string>(),
              AllOf(HasSubstr("of '/data/my images' into"), HasSubstr(R"(it'\''s a run')"),
                    HasSubstr("recipe.toml' of")));
}

TEST_F(PageDataTest, WithoutCommandsNoneIsShown) {
  write("metrics.jsonl", one_step);
  EXPECT_TRUE(data()["next"].empty());
}

TEST_F(PageDataTest, NamesCheckpointsThatAreBroken) {
  fs::create_directories(run_ / "checkpoints/step-00000003");
  const json page = data();
  EXPECT_EQ(page["checkpoints"][0]["step"], 3);
  EXPECT_THAT(page["checkpoints"][0]["problem"].get<std::string>(), HasSubstr("manifest.json"));
}

TEST_F(PageDataTest, SaysWhatItCouldNotShow) {
  write("metrics.jsonl", "garbage\n" + one_step);
  write("recipe.toml", "[model\n");
  write("run.json", "[]");
  const std::string left_out = data()["left_out"].dump();
  EXPECT_THAT(left_out, AllOf(HasSubstr("1 lines"), HasSubstr("not TOML"), HasSubstr("run.json")));
}

TEST_F(PageDataTest, TheSameRunGivesTheSamePage) {
  write("metrics.jsonl", one_step);
  example_set(run_, "stage 1", 100, 0);
  EXPECT_EQ(page_html({PageData(run_).json()}), page_html({PageData(run_).json()}));
}

}  // namespace
}  // namespace dbot::report
