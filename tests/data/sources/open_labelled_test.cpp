#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/idx_writer.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::put_image;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OpenLabelled : public ::testing::Test {
 protected:
  LabelledSplits open(std::uint64_t seed = 0) {
    return open_labelled(folder_.path(), seed, kept_.log());
  }
  std::string refusal() {
    return message_of<DataError>([&] { open(); });
  }
  /// `count` candidates for each of two classes; they are not opened.
  void put_classes(int count, const std::string& under = "") {
    for (const char* name : {"cat", "dog"}) {
      for (int i = 0; i < count; ++i) {
        test::write_text(folder_ / (under + name + "/" + std::to_string(i) + ".jpg"), "x");
      }
    }
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

std::set<std::string> names(const Dataset& dataset) {
  std::set<std::string> all;
  for (std::int64_t i = 0; i < dataset.size(); ++i) all.insert(dataset.name(i));
  return all;
}

TEST_F(OpenLabelled, ClassesOfBothPartsAreMatchedByName) {
  for (const char* name :
       {"train/cat/a.jpg", "train/dog/a.jpg", "test/dog/a.jpg", "test/bird/deeper/a.jpg"}) {
    put_image(folder_ / name);
  }
  const auto splits = open();
  EXPECT_EQ(splits.description, "train/ and test/");
  EXPECT_THAT(splits.train->classes(), ElementsAre("bird", "cat", "dog"));
  EXPECT_EQ(splits.test->classes(), splits.train->classes());
  EXPECT_EQ(splits.train->label(0), 1);
  EXPECT_EQ(splits.train->label(1), 2);
  EXPECT_EQ(splits.test->label(0), 0);
  EXPECT_EQ(splits.test->label(1), 2);
}

TEST_F(OpenLabelled, ValIsPreferredToTest) {
  put_classes(2, "train/");
  put_classes(3, "val/");
  put_classes(4, "test/");
  const auto splits = open();
  EXPECT_EQ(splits.description, "train/ and val/");
  EXPECT_EQ(splits.test->size(), 6);
}

TEST_F(OpenLabelled, AutomaticSplitIsStratifiedSeededAndComplete) {
  put_classes(10);
  const auto splits = open(3);
  EXPECT_EQ(splits.description, "automatic split 80/20, seed 3");
  ASSERT_EQ(splits.train->size(), 16);
  ASSERT_EQ(splits.test->size(), 4);
  EXPECT_EQ(
      splits.test->label(0) + splits.test->label(1) + splits.test->label(2) + splits.test->label(3),
      2);
  auto all = names(*splits.train);
  all.merge(names(*splits.test));
  EXPECT_EQ(all.size(), 20U);
  EXPECT_EQ(names(*open(3).test), names(*splits.test));
  EXPECT_NE(names(*open(4).test), names(*splits.test));
}

TEST_F(OpenLabelled, AutomaticSplitHardlyMovesWhenFilesAreAdded) {
  put_classes(10);
  const auto before = names(*open().test);
  test::write_text(folder_ / "cat/new.jpg", "x");
  std::set<std::string> left;
  const auto after = names(*open().test);
  for (const auto& name : before) {
    if (!after.contains(name)) left.insert(name);
  }
  EXPECT_LE(left.size(), 1U);
}

TEST_F(OpenLabelled, TrainAloneIsSplit) {
  put_classes(5, "train/");
  const auto splits = open();
  EXPECT_THAT(splits.train->classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(splits.test->size(), 2);
}

TEST_F(OpenLabelled, TrainAmongOtherFoldersIsAClass) {
  put_classes(5);
  test::write_text(folder_ / "train/a.jpg", "x");
  EXPECT_THAT(open().train->classes(), ElementsAre("cat", "dog", "train"));
}

TEST_F(OpenLabelled, LooseImagesAreLeftOutWithAWarning) {
  put_classes(5);
  test::write_text(folder_ / "preview.jpg", "x");
  const auto splits = open();
  EXPECT_EQ(splits.train->size() + splits.test->size(), 10);
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("1 images outside class folders")));
}

TEST_F(OpenLabelled, MissingLabelsAreNamed) {
  put_image(folder_ / "a.jpg");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("has no labels"), HasSubstr("first: a.jpg")));
  fs::remove(folder_ / "a.jpg");
  put_image(folder_ / "images/a.jpg");
  EXPECT_THAT(refusal(), HasSubstr("one class only (images)"));
  put_image(folder_ / "others/a.jpg");
  EXPECT_THAT(refusal(), HasSubstr("one image a class"));
}

TEST_F(OpenLabelled, AnEmptyPartIsAnError) {
  put_classes(2, "train/");
  fs::create_directory(folder_ / "val");
  EXPECT_THAT(refusal(), HasSubstr("/val is empty"));
}

TEST_F(OpenLabelled, IdxPairs) {
  test::write_bytes(folder_ / "train-images-idx3-ubyte", test::idx_bytes({10, 2, 2}));
  EXPECT_THAT(refusal(), HasSubstr("train-images-idx3-ubyte has no labels"));
  test::write_bytes(folder_ / "train-labels-idx1-ubyte", test::idx_labels(10, 2));
  EXPECT_EQ(open().description, "automatic split 80/20, seed 0");
  EXPECT_EQ(open().test->size(), 2);
  test::write_bytes(folder_ / "t10k-images-idx3-ubyte", test::idx_bytes({4, 2, 2}));
  test::write_bytes(folder_ / "t10k-labels-idx1-ubyte", test::idx_labels(4, 3));
  const auto splits = open();
  EXPECT_EQ(splits.train->size(), 10);
  EXPECT_EQ(splits.test->size(), 4);
  EXPECT_THAT(splits.train->classes(), ElementsAre("0", "1", "2"));
  EXPECT_EQ(splits.test->label(2), 2);
}

TEST_F(OpenLabelled, TwoSetsOfIdxFilesInOneFolderAreAmbiguous) {
  for (const char* name : {"digits-train-images-idx3-ubyte", "letters-train-images-idx3-ubyte"}) {
    test::write_bytes(folder_ / name, test::idx_bytes({4, 2, 2}));
  }
  EXPECT_THAT(refusal(), HasSubstr("stand for the same part"));
}

}  // namespace
}  // namespace dbot::data
