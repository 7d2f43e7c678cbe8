#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/sources/open.h"
#include "dbot/data/sources/part_names.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/formats/writer/tar_writer.h"

// Parts of a data set are told by any usual name.
namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::put_image;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(PartNames, FoldersAndFiles) {
  for (const char* name :
       {"train", "Training", "TRAIN", "train2017", "train_images", "Train Set"}) {
    EXPECT_EQ(part_of_folder(name), PartWord::train) << name;
  }
  for (const char* name : {"val", "valid", "Validation", "dev", "eval", "val_2014", "valImages"}) {
    EXPECT_EQ(part_of_folder(name), PartWord::val) << name;
  }
  for (const char* name : {"test", "testing", "Test", "test-images", "test2015"}) {
    EXPECT_EQ(part_of_folder(name), PartWord::test) << name;
  }
  for (const char* name :
       {"cat", "train car", "contest", "device", "trainer", "", "2017", "01_train"}) {
    EXPECT_EQ(part_of_folder(name), PartWord::none) << name;
  }
  EXPECT_EQ(part_in_name("imagenet-valid-003.tar"), PartWord::val);
  EXPECT_EQ(part_in_name("contest-003.tar"), PartWord::none);
  EXPECT_LT(unusualness("val"), unusualness("valid"));
  EXPECT_LT(unusualness("train"), unusualness("train2017"));
}

class Parts : public ::testing::Test {
 protected:
  void put(std::initializer_list<const char*> names) {
    for (const char* name : names) put_image(folder_ / name);
  }
  /// Names of the parts with their images.
  std::vector<std::string> parts(const fs::path& path) {
    std::vector<std::string> text;
    for (const auto& [name, images] : data::open(path, Wanted::all, {.log = kept_.log()}).named()) {
      text.push_back(name + " " + std::to_string(images->size()));
    }
    return text;
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

class PartsByName : public Parts,
                    public ::testing::WithParamInterface<std::pair<std::string, std::string>> {};

TEST_P(PartsByName, DivideAFolderOfImages) {
  const auto& [train, held_out] = GetParam();
  for (const char* name : {"cat/1.jpg", "dog/2.jpg"}) {
    put_image(folder_ / train / name);
    put_image(folder_ / held_out / name);
  }
  put_image(folder_ / train / "dog/3.jpg");
  const auto splits = open_labelled(folder_.path(), 0, kept_.log());
  EXPECT_EQ(splits.train->size(), 3);
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_THAT(splits.train->classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(open_images(folder_.path(), kept_.log())->size(), 3);
}

INSTANTIATE_TEST_SUITE_P(
    Usual, PartsByName,
    ::testing::Values(std::pair("train", "valid"), std::pair("Train", "Validation"),
                      std::pair("training", "testing"), std::pair("train2017", "val2017"),
                      std::pair("TRAIN", "DEV"), std::pair("train_set", "eval")));

TEST_F(Parts, TheMostUsualNameCountsAndOthersAreNamed) {
  put({"train/1.jpg", "val/2.jpg", "valid/3.jpg", "Test/4.jpg"});
  EXPECT_THAT(parts(folder_.path()), ElementsAre("train 1", "val 1", "test 1"));
  EXPECT_THAT(kept_.lines,
              ElementsAre(AllOf(HasSubstr("valid/ is left out"), HasSubstr("val/ is"))));
}

TEST_F(Parts, WhatLooksLikePartsAndIsNotUnderstoodIsSaid) {
  put({"train_a/1.jpg", "val_b/2.jpg"});
  EXPECT_THAT(parts(folder_.path()), ElementsAre(" 2"));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("train_a/, val_b/ look like parts")));
  kept_.lines.clear();
  put({"years/train2014/1.jpg", "years/train2017/1.jpg", "years/val2014/1.jpg"});
  EXPECT_THAT(parts(folder_ / "years"), ElementsAre(" 3"));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("look like parts")));
  kept_.lines.clear();
  put({"deep/images/train/1.jpg", "deep/images/val/1.jpg"});
  EXPECT_THAT(parts(folder_ / "deep"), ElementsAre(" 2"));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("images/ has train/ and val/ in it")));
}

TEST_F(Parts, OnePartBesideWhatIsNotUnderstoodIsSaid) {
  put({"a/train/1.jpg", "a/holdout/2.jpg", "b/tst/1.jpg", "b/Training/2.jpg"});
  EXPECT_THAT(parts(folder_ / "a"), ElementsAre(" 2"));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("train/ looks like a part of a data set, holdout/ "
                                                 "beside it does not")));
  kept_.lines.clear();
  EXPECT_THAT(parts(folder_ / "b"), ElementsAre(" 2"));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("Training/ looks like a part")));
  kept_.lines.clear();
  put({"c/train/1.jpg"});
  test::write_text(folder_ / "c/annotations/all.json", "{}");
  EXPECT_THAT(parts(folder_ / "c"), ElementsAre(" 1"));
  EXPECT_THAT(kept_.lines, IsEmpty()) << "there is nothing to mix up";
}

TEST_F(Parts, WithinClassesAreSaidWithTheWayOut) {
  put({"cat/train/1.jpg", "cat/valid/2.jpg", "dog/train/1.jpg", "dog/valid/2.jpg"});
  EXPECT_THAT(parts(folder_.path()), ElementsAre(" 4"));
  EXPECT_THAT(kept_.lines, ElementsAre(AllOf(HasSubstr("cat/, dog/ have each train/ and valid/"),
                                             HasSubstr("as in train/cat/"))));
}

TEST_F(Parts, AClassCalledLikeAPartStaysAClass) {
  put({"train/1.jpg", "car/2.jpg", "bus/3.jpg"});
  EXPECT_THAT(open_images(folder_.path(), kept_.log())->classes(),
              ElementsAre("bus", "car", "train"));
  EXPECT_THAT(kept_.lines, IsEmpty());
}

std::string tar_with(const std::vector<std::string>& names) {
  const auto bytes = test::bytes_of(test::fixtures() / "rgb_420.jpg");
  test::TarWriter tar;
  for (const auto& name : names) tar.add(name, {bytes.begin(), bytes.end()});
  return tar.finish();
}

TEST_F(Parts, FilesInFoldersOfParts) {
  test::write_text(folder_ / "tars/training/0.tar", tar_with({"cat/1.jpg", "dog/1.jpg"}));
  test::write_text(folder_ / "tars/valid/0.tar", tar_with({"dog/2.jpg"}));
  EXPECT_THAT(parts(folder_ / "tars"), ElementsAre("train 2", "val 1"));
  for (const char* name : {"table/Train/0.parquet", "table/Validation/0.parquet"}) {
    fs::create_directories((folder_ / name).parent_path());
    fs::copy_file(test::fixtures() / "parquet/test-00000-of-00001.parquet", folder_ / name);
  }
  EXPECT_THAT(parts(folder_ / "table"), ElementsAre("train 2", "val 2"));
  fs::create_directories(folder_ / "hub/default");
  fs::rename(folder_ / "table/Train", folder_ / "hub/default/train");
  fs::rename(folder_ / "table/Validation", folder_ / "hub/default/validation");
  kept_.lines.clear();
  EXPECT_THAT(parts(folder_ / "hub"), ElementsAre("train 2", "val 2"));
  EXPECT_THAT(kept_.lines, testing::Not(testing::Contains(HasSubstr("read together"))));
}

TEST_F(Parts, FoldersInsideOneArchive) {
  const auto path = folder_ / "x.tar";
  test::write_text(path,
                   tar_with({"set/Train/cat/1.jpg", "set/Train/dog/2.jpg", "set/valid/cat/3.jpg",
                             "set/valid/dog/4.jpg", "set/train/dog/5.jpg"}));
  EXPECT_THAT(parts(path), ElementsAre("train 3", "val 2"));
  EXPECT_EQ(open_images(path, kept_.log())->size(), 3);
  EXPECT_THAT(kept_.lines.back(), HasSubstr("using Train/; valid/ is left for evaluation"));
  EXPECT_EQ(open_held_out(path, kept_.log())->size(), 2);
  EXPECT_EQ(open_part(path, Part::all, {.log = kept_.log()})->size(), 5);
  const auto splits = open_labelled(path, 0, kept_.log());
  EXPECT_THAT(splits.train->classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_EQ(splits.description, "Train/ and valid/");
  test::write_text(path, tar_with({"train/1.jpg", "valid/2.jpg", "loose/3.jpg"}));
  EXPECT_THAT(parts(path), ElementsAre(" 3")) << "an image outside";
}

}  // namespace
}  // namespace dbot::data
