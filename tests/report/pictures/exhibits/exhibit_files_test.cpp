#include "dbot/report/pictures/set/exhibit_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/core/files/files.h"
#include "dbot/report/pictures/exhibits/draw_gallery.h"
#include "dbot/report/pictures/set/exhibit_json.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/example_gallery.h"

namespace dbot::report {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ExhibitFiles : public testing::Test {
 protected:
  json write_example() {
    write_exhibits(folder_.path(), draw_gallery(test::example_gallery(), folder_.path()));
    return json::parse(core::read_text_file(file_));
  }
  ShownGallery read_changed(json document, const char* place, const json& value) {
    document[json::json_pointer(place)] = value;
    core::write_file_synced(file_, document.dump());
    return read_exhibits(folder_.path());
  }
  const test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "exhibits.json";
};

TEST_F(ExhibitFiles, ReadBackAsWritten) {
  const ShownGallery drawn = draw_gallery(test::example_gallery(), folder_.path());
  write_exhibits(folder_.path(), drawn);
  const ShownGallery read = read_exhibits(folder_.path());
  EXPECT_THAT(read.left_out, IsEmpty());
  ASSERT_THAT(read.groups, SizeIs(7));
  for (std::size_t i = 0; i < 7; ++i) {
    const ShownGroup &one = drawn.groups[i], &other = read.groups[i];
    EXPECT_EQ(other.kind, exhibit_kind(one.exhibits.at(0)));
    EXPECT_EQ(other.title, one.title);
    EXPECT_EQ(other.explanation, one.explanation);
    EXPECT_EQ(exhibit_json(other.exhibits.at(0)).dump(), exhibit_json(one.exhibits.at(0)).dump());
  }
  const auto& text = std::get<methods::HiddenText>(read.groups[2].exhibits[0].content);
  EXPECT_TRUE(text.words[1].hidden && !text.words[0].hidden && text.words[3].continues);
  EXPECT_EQ(text.words[1].predicted, "dog");
  const auto& matrix = std::get<methods::Matrix>(read.groups[3].exhibits[0].content);
  EXPECT_TRUE(std::isnan(matrix.values[2]) && std::isnan(matrix.low));
  EXPECT_EQ(std::get<methods::Points>(read.groups[5].exhibits[0].content).points[1].y, -1);
}

TEST_F(ExhibitFiles, NothingToShowIsNoFile) {
  write_example();
  write_exhibits(folder_.path(), {});
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_THAT(read_exhibits(folder_.path()).groups, IsEmpty());
  EXPECT_THAT(read_exhibits(folder_.path()).left_out, IsEmpty());
}

TEST_F(ExhibitFiles, WhatHadNoRoomIsRemembered) {
  write_exhibits(folder_.path(), {.groups = {}, .left_out = {"3 exhibits"}});
  EXPECT_THAT(read_exhibits(folder_.path()).left_out, ElementsAre("3 exhibits"));
}

TEST_F(ExhibitFiles, KindsThatAreNotKnownArePassedOverWithAWord) {
  json document = write_example();
  const json strange{{"kind", "hologram"}, {"name", ""}, {"caption", ""}};
  document["groups"][3]["exhibits"].push_back(strange);
  const ShownGallery gallery = read_changed(document, "/groups/0/exhibits/0", strange);
  EXPECT_THAT(gallery.groups.at(0).exhibits, IsEmpty());
  EXPECT_THAT(gallery.groups.at(3).exhibits, SizeIs(1));
  EXPECT_THAT(gallery.left_out,
              ElementsAre("an exhibit of kind \"hologram\", which this version does not know (2 of "
                          "them)"));
}

TEST_F(ExhibitFiles, ADamagedExhibitLeavesTheOthers) {
  const json document = write_example();
  const auto expect_left_out = [&](const char* place, const char* value) {
    const ShownGallery gallery = read_changed(document, place, json::parse(value));
    std::size_t exhibits = 0;
    for (const ShownGroup& group : gallery.groups) exhibits += group.exhibits.size();
    EXPECT_EQ(exhibits, 6U) << place;
    EXPECT_THAT(gallery.left_out, ElementsAre(HasSubstr("damaged"))) << place;
  };
  expect_left_out("/groups/0/exhibits/0/file", "\"../../secret.png\"");
  expect_left_out("/groups/0/exhibits/0/file", "\"a.svg\"");
  expect_left_out("/groups/1/exhibits/0/parts", "[1]");
  expect_left_out("/groups/2/exhibits/0/words/0/text", "7");
  expect_left_out("/groups/3/exhibits/0/values", "[1, 2]");
  expect_left_out("/groups/3/exhibits/0/values/0", "\"1\"");
  expect_left_out("/groups/3/exhibits/0/low", "[]");
  expect_left_out("/groups/4/exhibits/0/lines/0/x", "[1]");
  expect_left_out("/groups/5/exhibits/0/points/0/label", "2");
  expect_left_out("/groups/5/exhibits/0/points/0/x", "null");
  expect_left_out("/groups/6/exhibits/0/kind", "6");
  expect_left_out("/groups/6/exhibits/0", "null");
  json rows = json::array();
  for (int i = 0; i < 129; ++i) rows.push_back("");
  expect_left_out("/groups/3/exhibits/0/rows", rows.dump().c_str());
}

TEST_F(ExhibitFiles, AFileThatIsNoneSaysSo) {
  const json document = write_example();
  for (const auto& [place, value] : {std::pair{"/version", json(2)},
                                     {"/groups", json("")},
                                     {"/groups/0/title", json(1)},
                                     {"/groups/0/exhibits", json(0)}}) {
    const ShownGallery gallery = read_changed(document, place, value);
    EXPECT_THAT(gallery.groups, IsEmpty()) << place;
    EXPECT_THAT(gallery.left_out, ElementsAre(HasSubstr("exhibits.json"))) << place;
  }
  for (const std::string& text : {std::string("{"), std::string(), std::string(100000, '['),
                                  std::string(std::size_t{17} << 20, ' ')}) {
    core::write_file_synced(file_, text);
    EXPECT_THAT(read_exhibits(folder_.path()).left_out, SizeIs(1)) << text.size();
  }
}

}  // namespace
}  // namespace dbot::report
