#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

// What is wanted of a data set beside what lies there: images to leave out, and other labels.
namespace dbot::data {
namespace {

using test::message_of;
using test::put_image;
using test::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ChoiceOfImages : public ::testing::Test {
 protected:
  ChoiceOfImages() {
    for (const char* part : {"train/", "val/"}) {
      for (const char* name : {"cat/1.jpg", "cat/2.jpg", "dog/3.jpg", "dog/4.jpg"}) {
        put_image(folder_ / (std::string(part) + name));
      }
    }
  }
  Choice without(const std::string& names) {
    write_text(folder_ / "list.txt", names);
    return {.leave_out = folder_ / "list.txt"};
  }
  std::string refusal(const Choice& choice) {
    return message_of<DataError>([&] { open_labelled(folder_.path(), 0, kept_.log(), choice); });
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(ChoiceOfImages, AListHoldsForEveryPart) {
  const auto choice = without("train/cat/1.jpg\nval/dog/4.jpg\n");
  EXPECT_EQ(open_images(folder_.path(), kept_.log(), nullptr, choice)->size(), 3);
  EXPECT_THAT(kept_.lines, testing::Contains(HasSubstr("1 of 4 images are left out")));
  EXPECT_EQ(open_held_out(folder_.path(), kept_.log(), choice)->size(), 3);
  EXPECT_EQ(open_part(folder_.path(), Part::all, {.log = kept_.log(), .choice = choice})->size(),
            6);
  const auto splits = open_labelled(folder_.path(), 0, kept_.log(), choice);
  EXPECT_EQ(splits.train->size(), 3);
  EXPECT_EQ(splits.test->size(), 3);
}

TEST_F(ChoiceOfImages, AListOfAnotherPartIsNoMistakeButAForeignOneIs) {
  open_images(folder_.path(), kept_.log(), nullptr, without("val/dog/4.jpg\n"));
  EXPECT_THAT(kept_.lines, testing::Not(testing::Contains(HasSubstr("none of the"))));
  open_images(folder_.path(), kept_.log(), nullptr, without("elsewhere.jpg\n"));
  EXPECT_THAT(kept_.lines, testing::Contains(HasSubstr("none of the 1 images it names")));
  EXPECT_THAT(refusal({.leave_out = folder_ / "gone.txt"}), HasSubstr("data.leave_out"));
  EXPECT_THAT(refusal(without("val/cat/1.jpg\nval/cat/2.jpg\nval/dog/3.jpg\nval/dog/4.jpg\n")),
              HasSubstr("leaves out all 4 images"));
}

TEST_F(ChoiceOfImages, PathsMayCountFromAFolderAround) {
  auto choice = without("train/cat/1.jpg\n");
  choice.list_root = folder_.path();
  EXPECT_EQ(open_images(folder_ / "train", kept_.log(), nullptr, choice)->size(), 3);
  const test::TemporaryFolder other;
  put_image(other / "train/cat/1.jpg");
  EXPECT_EQ(open_images(other.path(), kept_.log(), nullptr, choice)->size(), 1);
}

TEST_F(ChoiceOfImages, LabelsComeFromAList) {
  write_text(folder_ / "labels.csv",
             "path,label\ntrain/cat/1.jpg,wild\ntrain/dog/3.jpg,tame\ntrain/dog/4.jpg,tame\n"
             "val/cat/1.jpg,wild\nval/cat/2.jpg,tame\n");
  const Choice choice{.labels = folder_ / "labels.csv"};
  const auto splits = open_labelled(folder_.path(), 0, kept_.log(), choice);
  EXPECT_THAT(splits.train->classes(), ElementsAre("tame", "wild"));
  EXPECT_EQ(splits.train->size(), 3);
  EXPECT_EQ(splits.train->label(0), 1);
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_EQ(splits.test->label(1), 0);
  EXPECT_EQ(splits.labels, folder_ / "labels.csv");
}

TEST_F(ChoiceOfImages, LabelsMayBeNoneOrThoseOfFolders) {
  const auto none = open_images(folder_.path(), kept_.log(), nullptr, {.labels = "none"});
  EXPECT_THAT(none->classes(), IsEmpty());
  EXPECT_EQ(none->label(0), -1);
  EXPECT_THAT(open_labelled(folder_.path(), 0, kept_.log(), {.labels = "folder"}).train->classes(),
              ElementsAre("cat", "dog"));
  write_text(folder_ / "images.txt", "train/cat/1.jpg,7\nval/dog/4.jpg,8\n");
  const auto listed =
      open_images(folder_ / "images.txt", kept_.log(), nullptr, {.labels = "folder"});
  EXPECT_THAT(listed->classes(), ElementsAre("cat", "dog"));
}

TEST_F(ChoiceOfImages, AWrongListOfLabelsIsNamed) {
  EXPECT_THAT(refusal({.labels = "fodler"}), HasSubstr("evaluate.labels is fodler"));
  write_text(folder_ / "a.csv", "path\ntrain/cat/1.jpg\n");
  EXPECT_THAT(refusal({.labels = folder_ / "a.csv"}), HasSubstr("has no labels"));
  write_text(folder_ / "b.csv", "path,label\nelsewhere.jpg,1\n");
  EXPECT_THAT(refusal({.labels = folder_ / "b.csv"}), HasSubstr("names no image"));
}

}  // namespace
}  // namespace dbot::data
