#include "dbot/report/pictures/set/picture_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/example_pictures.h"

namespace dbot::report {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(PictureSet, ReadsBackAsWritten) {
  const test::TemporaryFolder run;
  const PictureSet set = example_set(run.path(), "stage 1", 120, 0);
  const auto folder = run / "pictures" / "stage-1";
  EXPECT_EQ(picture_folder(run.path(), "stage 1"), folder);
  const PictureSet read = read_picture_set(folder);
  EXPECT_EQ(read.label, "stage 1");
  EXPECT_EQ(read.step, 120);
  EXPECT_EQ(read.stage, 0);
  ASSERT_THAT(read.groups, SizeIs(4));
  EXPECT_EQ(read.groups[1].kind, "features");
  EXPECT_EQ(read.groups[1].pictures[2].file, set.groups[1].pictures[2].file);
  EXPECT_EQ(read.groups[1].pictures[2].name, set.groups[1].pictures[2].name);
  ASSERT_TRUE(read.map);
  EXPECT_EQ(read.map->points[5].y, set.map->points[5].y);
  EXPECT_EQ(read.map->points[5].label, 1);
  EXPECT_THAT(read.map->classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(read.neighbours[1].nearest, ElementsAre(3, 5));
  EXPECT_EQ(read.neighbours[1].similarity[1], 0.7);
  EXPECT_THAT(read.pixel_neighbours[0].nearest, ElementsAre(1, 3));
  EXPECT_EQ(read.health.position_loss, 0.22);
  EXPECT_TRUE(std::isnan(read.health.held_out_loss));
}

TEST(PictureSet, OlderSetsHaveNoNeighboursByPixels) {
  const test::TemporaryFolder run;
  example_set(run.path(), "stage 1", 120, 0);
  const auto folder = picture_folder(run.path(), "stage 1");
  json document = json::parse(core::read_text_file(folder / "pictures.json"));
  document.erase("pixel_neighbours");
  core::write_file_synced(folder / "pictures.json", document.dump());
  EXPECT_THAT(read_picture_set(folder).pixel_neighbours, SizeIs(0));
}

TEST(PictureSet, KeepsWhatIsComparedAndOlderSetsHaveNone) {
  const test::TemporaryFolder run;
  PictureSet set = example_set(run.path(), "stage 1", 120, 0);
  const auto folder = picture_folder(run.path(), "stage 1");
  EXPECT_TRUE(
      json::parse(core::read_text_file(folder / "pictures.json"))["health"]["compared"].is_null());
  EXPECT_TRUE(std::isnan(read_picture_set(folder).health.compared.images));
  set.health.compared = {.images = 64,
                         .held_out = 1,
                         .effective_rank = 20,
                         .rank_me = 12,
                         .mean_cosine = 0.8,
                         .own_crop_nearest = 0.75,
                         .shared_neighbours = 0.5,
                         .prediction_inside = 0.3,
                         .target_inside = 0.9,
                         .way_to_zero = -0.25};
  write_picture_set(folder, set);
  json document = json::parse(core::read_text_file(folder / "pictures.json"));
  for (const char* key :
       {"images", "held_out", "effective_rank", "rank_me", "mean_cosine", "own_crop_nearest",
        "shared_neighbours", "prediction_inside", "target_inside", "way_to_zero"}) {
    EXPECT_TRUE(document["health"]["compared"].contains(key)) << key;
  }
  const ComparedFigures read = read_picture_set(folder).health.compared;
  EXPECT_EQ(read.images, 64);
  EXPECT_EQ(read.held_out, 1);
  EXPECT_EQ(read.rank_me, 12);
  EXPECT_EQ(read.own_crop_nearest, 0.75);
  EXPECT_EQ(read.way_to_zero, -0.25);
  document["health"].erase("compared");
  core::write_file_synced(folder / "pictures.json", document.dump());
  EXPECT_TRUE(std::isnan(read_picture_set(folder).health.compared.images));
  document["health"]["compared"] = {{"images", 1e9}};
  core::write_file_synced(folder / "pictures.json", document.dump());
  EXPECT_THROW(read_picture_set(folder), DataError);
}

TEST(PictureSet, NamesThatAreNotUtf8AreWrittenAllTheSame) {
  const test::TemporaryFolder run;
  PictureSet set;
  set.label = "stage 1";
  set.groups.push_back({"features", "t", "e", {{"a.png", "bad\xff\"</script>", ""}}});
  write_picture_set(run.path(), set);
  EXPECT_THAT(read_picture_set(run.path()).groups[0].pictures[0].name, HasSubstr("\"</script>"));
}

TEST(PictureSet, SetsComeInTheOrderOfTheirStepsAndDamagedOnesAreLeftOut) {
  const test::TemporaryFolder run;
  example_set(run.path(), "stage 2", 400, 1);
  example_set(run.path(), "untrained network", 0, 0);
  example_set(run.path(), "epoch 10", 300, 1);
  example_set(run.path(), "broken", 5, 0);
  core::write_file_synced(run / "pictures" / "broken" / "pictures.json", "{\"version\": 1");
  example_set(run.path(), ".hidden", 6, 0);
  std::filesystem::rename(picture_folder(run.path(), ".hidden"), run / "pictures" / ".hidden");
  std::vector<std::string> labels;
  for (const PictureSet& set : read_picture_sets(run.path())) labels.push_back(set.label);
  EXPECT_THAT(labels, ElementsAre("untrained network", "epoch 10", "stage 2"));
  EXPECT_THAT(read_picture_sets(run / "none"), SizeIs(0));
}

TEST(PictureSet, LabelsCannotLeadOutOfTheFolder) {
  EXPECT_EQ(picture_folder("run", "../../etc"), "run/pictures/-..-..-etc");
  EXPECT_EQ(picture_folder("run", ""), "run/pictures/-");
}

/// pictures.json of the example, changed at one place, must be refused.
class HostilePictureSet : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(HostilePictureSet, IsRefused) {
  const auto [pointer, value] = GetParam();
  const test::TemporaryFolder run;
  example_set(run.path(), "stage 1", 120, 0);
  const auto file = picture_folder(run.path(), "stage 1") / "pictures.json";
  json document = json::parse(core::read_text_file(file));
  const json::json_pointer place(pointer);
  ASSERT_TRUE(document.contains(place)) << pointer;
  document[place] = json::parse(value);
  core::write_file_synced(file, document.dump());
  EXPECT_THROW(read_picture_set(file.parent_path()), DataError);
  EXPECT_THAT(read_picture_sets(run.path()), SizeIs(0));
}

using Change = std::pair<const char*, const char*>;
INSTANTIATE_TEST_SUITE_P(
    Fields, HostilePictureSet,
    testing::Values(Change{"", "[]"}, Change{"", "null"}, Change{"/version", "2"},
                    Change{"/label", "7"}, Change{"/step", "-1"}, Change{"/step", "1e300"},
                    Change{"/step", "18446744073709551615"}, Change{"/stage", "0"},
                    Change{"/stage", "\"1\""}, Change{"/groups", "{}"}, Change{"/groups/0", "3"},
                    Change{"/groups/0/kind", "null"},
                    Change{"/groups/0/pictures/0/file", "\"../secret.png\""},
                    Change{"/groups/0/pictures/0/file", "\"/etc/a.png\""},
                    Change{"/groups/0/pictures/0/file", "\"a\\u0000.png\""},
                    Change{"/groups/0/pictures/0/file", "\"x.svg\""},
                    Change{"/groups/0/pictures/0/file", "\"\\\" onerror=.png\""},
                    Change{"/map/atlas", "\"..png/../a.png\""}, Change{"/map/thumbnail_size", "0"},
                    Change{"/map/thumbnail_size", "1000000000"}, Change{"/map/columns", "0"},
                    Change{"/map/points/0/x", "1.5"}, Change{"/map/points/0/x", "null"},
                    Change{"/map/points/0/label", "2"}, Change{"/map/points/0/label", "-2"},
                    Change{"/map/classes/0", "{}"}, Change{"/neighbours/0/query", "12"},
                    Change{"/neighbours/0/query", "-1"}, Change{"/neighbours/0/nearest/0", "99"},
                    Change{"/neighbours/0/nearest", "[1]"},
                    Change{"/neighbours/0/similarity/0", "2"}, Change{"/pixel_neighbours", "7"},
                    Change{"/pixel_neighbours/0/query", "12"}, Change{"/health", "[]"},
                    Change{"/health/width", "\"wide\""}));

TEST(PictureSet, MissingLargeAndTornFilesAreRefused) {
  const test::TemporaryFolder run;
  EXPECT_THROW(read_picture_set(run.path()), DataError);
  core::write_file_synced(run / "pictures.json", std::string(std::size_t{17} << 20, ' '));
  EXPECT_THROW(read_picture_set(run.path()), DataError);
  core::write_file_synced(run / "pictures.json", std::string(100000, '['));
  EXPECT_THROW(read_picture_set(run.path()), DataError);
}

}  // namespace
}  // namespace dbot::report
