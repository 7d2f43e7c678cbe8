// What a run on clips is judged on where evaluate.data names something.
#include "dbot/run/training_data/judged_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JudgedData : public testing::Test {
 protected:
  JudgedData() { recipe_.evaluate.data = folder_.path().string(); }

  /// A file of each of two classes to train on and one to test on; nobody looks into them.
  void write_classes(const std::string& ending) const {
    for (const char* part : {"train", "test"}) {
      for (const char* name : {"run", "walk"}) {
        test::put_image(folder_ / part / name / ("1" + ending));
      }
    }
  }

  data::LabelledSplits opened() {
    std::string why_none;
    return open_judged_data(recipe_, {folder_.path()}, why_none, core::silent_log()).value();
  }

  test::TemporaryFolder folder_;
  Recipe recipe_ = parse_recipe(find_recipe("mae_st/small-64").text, "mae_st/small-64");
};

TEST_F(JudgedData, AreVideosWhereThereAreSome) {
  write_classes(".mp4");
  write_classes(".jpg");  // pictures of them
  const auto splits = opened();
  EXPECT_EQ(splits.content, data::Content::videos);
  EXPECT_THAT(splits.train->classes(), ElementsAre("run", "walk"));
  EXPECT_EQ(splits.train->size(), 2);
}

TEST_F(JudgedData, AreImagesWhereThereAreNoVideos) {
  write_classes(".jpg");
  const auto splits = opened();
  EXPECT_EQ(splits.content, data::Content::images);
  EXPECT_EQ(splits.test->size(), 2);
}

TEST_F(JudgedData, OfImagesAreNoVideos) {
  recipe_ = parse_recipe(find_recipe("mae/tiny-32").text, "mae/tiny-32");
  recipe_.evaluate.data = folder_.path().string();
  write_classes(".mp4");
  write_classes(".jpg");
  EXPECT_EQ(opened().content, data::Content::images);
}

TEST_F(JudgedData, WithoutLabelsAreRefusedAsWhatTheyAre) {
  test::put_image(folder_ / "one.mp4");
  test::put_image(folder_ / "two.mp4");
  try {
    opened();
    FAIL() << "nothing was thrown";
  } catch (const DataError& error) {
    EXPECT_EQ(error.fault(), Fault::unlabelled) << error.what();
    EXPECT_THAT(error.what(), HasSubstr("evaluate.data"));
  }
}

}  // namespace
}  // namespace dbot::run
