#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dbot/core/files/files.h"
#include "dbot/report/page/page.h"
#include "dbot/report/page/page_data.h"
#include "dbot/report/pictures/exhibits/draw_gallery.h"
#include "dbot/report/pictures/set/exhibit_files.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/example_gallery.h"
#include "tests/report/example_pictures.h"

namespace dbot::report {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PageExhibits : public testing::Test {
 protected:
  std::filesystem::path add(const std::string& label, std::int64_t step,
                            const methods::Gallery& gallery) {
    PictureSet set = example_set(run_, label, step, 0);
    const auto folder = picture_folder(run_, label);
    set.gallery = draw_gallery(gallery, folder);
    write_picture_set(folder, set);
    return folder;
  }
  json page() {
    text_ = PageData(run_).json();
    return json::parse(text_);
  }
  const test::TemporaryFolder folder_;
  const std::filesystem::path run_ = folder_ / "run";
  std::string text_;
};

TEST_F(PageExhibits, EachKindStandsInThePage) {
  add("stage 1", 10, test::example_gallery("words"));
  const json groups = page()["pictures"][0]["exhibits"];
  ASSERT_EQ(groups.size(), 7U);
  for (const json& group : groups) EXPECT_EQ(group["exhibits"][0]["kind"], group["kind"]);
  EXPECT_THAT(groups[0]["exhibits"][0]["source"].get<std::string>(),
              testing::StartsWith("data:image/png;base64,"));
  EXPECT_FALSE(groups[0]["exhibits"][0].contains("file"));
  EXPECT_EQ(groups[1]["exhibits"][0]["parts"], json::parse(R"(["clip","words"])"));
  EXPECT_EQ(groups[2]["exhibits"][0]["words"][1],
            json::parse(R"({"text":"dog","hidden":true,"predicted":"dog"})"));
  EXPECT_EQ(groups[3]["exhibits"][0]["values"], json::parse("[0.9,0.1,null,0.25,0.5,1.0]"));
  EXPECT_EQ(groups[4]["exhibits"][0]["lines"][0]["y"], json::parse("[0.2,0.7,0.1]"));
  EXPECT_EQ(groups[5]["exhibits"][0]["points"][1]["label"], 1);
  EXPECT_THAT(groups[6]["exhibits"][0]["source"].get<std::string>(), HasSubstr("data:image/"));
}

TEST_F(PageExhibits, WhatTheNewestEvaluationShowsStandsInThePageWithoutPictures) {
  std::filesystem::create_directories(run_);
  EXPECT_EQ(page()["evaluation_exhibits"], json::array());
  const methods::Matrix shares{
      .values = {0.75, 0.25, 0, 1}, .rows = {"a", "b"}, .columns = {"a", "b"}, .low = 0, .high = 1};
  write_exhibits(run_, draw_gallery({{.kind = "confusion",
                                      .title = "Confusion",
                                      .explanation = "Shares.",
                                      .exhibits = {{.content = shares}}}},
                                    run_));
  const json shown = page();
  EXPECT_EQ(shown["evaluation_exhibits"][0]["exhibits"][0]["values"],
            json::parse("[0.75,0.25,0.0,1.0]"));
  EXPECT_EQ(shown["pictures"], json::array());
}

TEST_F(PageExhibits, NoTextInThemIsMarkupOrTurnsTheDirectionOfWriting) {
  const std::string hostile = "</script><img src=x onerror=alert(1)>&\xE2\x80\xAE\xff";
  add("stage 1", 10, test::example_gallery(hostile));
  const std::string shown = "</script><img src=x onerror=alert(1)>&\xEF\xBF\xBD\xEF\xBF\xBD";
  const json groups = page()["pictures"][0]["exhibits"];
  EXPECT_THAT(text_, AllOf(Not(HasSubstr("<")), Not(HasSubstr(">")), Not(HasSubstr("&")),
                           Not(HasSubstr("202e"))));
  EXPECT_EQ(groups[0]["exhibits"][0]["parts"][2], shown);
  EXPECT_EQ(groups[2]["exhibits"][0]["words"][2]["predicted"], shown);
  EXPECT_EQ(groups[3]["exhibits"][0]["columns"][2], shown);
  EXPECT_EQ(groups[4]["exhibits"][0]["lines"][1]["name"], shown);
  EXPECT_EQ(groups[5]["exhibits"][0]["labels"][1], shown);
  EXPECT_EQ(groups[6]["explanation"], shown);
  EXPECT_THAT(page_html({text_}), Not(HasSubstr("<img src=x")));
}

TEST_F(PageExhibits, PicturesAreThoseOfThisRunOnly) {
  const auto folder = add("stage 1", 10, test::example_gallery());
  const auto file = folder / "exhibit-strip-01.png";
  ASSERT_TRUE(std::filesystem::remove(file));
  core::write_file_synced(folder_ / "secret.png", "\x89PNG\r\n\x1a\nsecret");
  std::filesystem::create_symlink(folder_ / "secret.png", file);
  const json data = page();
  EXPECT_TRUE(data["pictures"][0]["exhibits"][0]["exhibits"].empty());
  EXPECT_THAT(data["left_out"].dump(),
              HasSubstr("exhibit-strip-01.png: not a picture of this run"));
}

TEST_F(PageExhibits, WhatIsNotKnownIsSaidWithItsMoment) {
  const auto file = add("stage 1", 10, test::example_gallery()) / "exhibits.json";
  json document = json::parse(core::read_text_file(file));
  document["groups"][0]["exhibits"][0]["kind"] = "hologram";
  core::write_file_synced(file, document.dump());
  const json data = page();
  EXPECT_EQ(data["pictures"][0]["exhibits"].size(), 7U);
  EXPECT_THAT(data["left_out"].dump(), HasSubstr("stage 1: an exhibit of kind"));
}

TEST_F(PageExhibits, TheNewestMomentsComeFirstToTheRoomThereIs) {
  methods::Matrix matrix;
  matrix.rows.assign(128, std::string(200, 'x'));
  matrix.columns.assign(128, std::string(200, 'y'));
  for (int i = 0; i < 128 * 128; ++i) matrix.values.push_back(i / 7.0);
  methods::ExhibitGroup group{.kind = "large", .title = "t", .explanation = "e", .exhibits = {}};
  group.exhibits.resize(3, {.content = matrix});
  for (int epoch = 1; epoch <= 4; ++epoch) add("epoch " + std::to_string(epoch), epoch, {group});
  const json data = page();
  const auto count = [&](std::size_t set) {
    return data["pictures"][set]["exhibits"][0]["exhibits"].size();
  };
  EXPECT_EQ(count(3), 3U);
  EXPECT_EQ(count(0), 0U);
  EXPECT_GT(count(2), 0U);
  EXPECT_THAT(data["left_out"].dump(), HasSubstr("of the oldest moments first"));
  EXPECT_LT(text_.size(), 1300000U);
}

TEST_F(PageExhibits, ASetWithoutThemHasNone) {
  example_set(run_, "stage 1", 10, 0);
  EXPECT_EQ(page()["pictures"][0]["exhibits"], json::array());
}

}  // namespace
}  // namespace dbot::report
