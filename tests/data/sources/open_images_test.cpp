#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "dbot/data/image/sample_image.h"
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
using ::testing::EndsWith;
using ::testing::HasSubstr;

class OpenImages : public ::testing::Test {
 protected:
  std::shared_ptr<const Dataset> open() { return open_images(folder_.path(), kept_.log()); }
  std::string refusal(const fs::path& path) {
    return message_of<DataError>([&] { open_images(path, core::silent_log()); });
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(OpenImages, NestedFoldersInOrder) {
  for (const char* name : {"2020/may/b.jpg", "2020/a.jpg", "c.jpg"}) put_image(folder_ / name);
  const auto dataset = open();
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_THAT(dataset->name(0), EndsWith("/2020/a.jpg"));
  EXPECT_THAT(dataset->name(1), EndsWith("/2020/may/b.jpg"));
  EXPECT_EQ(load_image(*dataset, 1, 3).width, 45);
  EXPECT_EQ(load_image(*dataset, 1, 1).channels, 1);
  EXPECT_EQ(dataset->label(0), -1);
  EXPECT_TRUE(dataset->classes().empty());
}

TEST_F(OpenImages, OneClassFolderIsNoSetOfClasses) {
  put_image(folder_ / "images/a.jpg");
  EXPECT_TRUE(open()->classes().empty());
  put_image(folder_ / "other/a.jpg");
  const auto dataset = open();
  EXPECT_THAT(dataset->classes(), ElementsAre("images", "other"));
  EXPECT_EQ(dataset->label(1), 1);
}

TEST_F(OpenImages, TrainBesideAnEvaluationPartIsTakenAlone) {
  for (const char* name : {"train/a.jpg", "train/b.jpg", "val/c.jpg"}) put_image(folder_ / name);
  EXPECT_EQ(open()->size(), 2);
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("using train/; val/ is left")));
}

TEST_F(OpenImages, TrainWithoutAnEvaluationPartIsAFolderLikeOthers) {
  for (const char* name : {"train/a.jpg", "extra/b.jpg"}) put_image(folder_ / name);
  EXPECT_EQ(open()->size(), 2);
}

TEST_F(OpenImages, IdxFolderGivesItsTrainingImages) {
  test::write_gzip(folder_ / "train-images-idx3-ubyte.gz", test::idx_bytes({3, 2, 2}));
  test::write_gzip(folder_ / "train-labels-idx1-ubyte.gz", test::idx_labels(3, 2));
  test::write_bytes(folder_ / "t10k-images.idx3-ubyte", test::idx_bytes({2, 2, 2}));
  const auto dataset = open();
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_THAT(load_image(*dataset, 1, 1).pixels, ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(load_image(*dataset, 0, 3).pixels, ElementsAre(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3));
  EXPECT_THAT(dataset->classes(), ElementsAre("0", "1"));
  EXPECT_EQ(dataset->label(1), 1);
  EXPECT_THAT(dataset->name(2), EndsWith("train-images-idx3-ubyte.gz[2]"));
  EXPECT_THROW(load_image(*dataset, 3, 1), DataError);
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("t10k-images.idx3-ubyte is left")));
}

TEST_F(OpenImages, OneIdxFileOfColourImages) {
  const auto path = folder_ / "anything.bin";
  test::write_bytes(path, test::idx_bytes({2, 1, 2, 3}));
  const auto dataset = open_images(path, core::silent_log());
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_THAT(load_image(*dataset, 0, 3).pixels, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(load_image(*dataset, 0, 1).pixels, ElementsAre(1, 4));
  EXPECT_TRUE(dataset->classes().empty());
}

TEST_F(OpenImages, IdxOfAnotherShapeOrWithOtherLabelsIsRefused) {
  const auto path = folder_ / "train-images-idx3-ubyte";
  test::write_bytes(path, test::idx_bytes({8}));
  EXPECT_THAT(refusal(path), HasSubstr("has 1 dimensions"));
  test::write_bytes(path, test::idx_bytes({0, 2, 2}));
  EXPECT_THAT(refusal(path), HasSubstr("has no image"));
  test::write_bytes(path, test::idx_bytes({3, 2, 2}));
  test::write_bytes(folder_ / "train-labels-idx1-ubyte", test::idx_labels(2, 2));
  EXPECT_THAT(refusal(folder_.path()),
              AllOf(HasSubstr("train-labels"), HasSubstr("expected 1 and 3")));
}

TEST_F(OpenImages, SaysWhatIsWrongWithThePlace) {
  EXPECT_THAT(refusal(folder_ / "absent"), HasSubstr("absent does not exist"));
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("is empty, expected images (.jpg,"));
  test::write_text(folder_ / "notes.txt", "x");
  EXPECT_THAT(
      refusal(folder_.path()),
      HasSubstr(
          "found 1 file, none of them an image (.jpg, .png, .webp, .tif, …); first: notes.txt"));
  test::write_text(folder_ / "deeper/a.gif", "x");
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("found 2 files"));
  EXPECT_THAT(refusal(folder_ / "notes.txt"), HasSubstr("notes.txt:1: x does not exist"));
  test::write_text(folder_ / "clip.mp4", "x");
  EXPECT_THAT(refusal(folder_ / "clip.mp4"),
              HasSubstr("is none of these: a folder of images, a pack, a list of images, tar"));
}

TEST_F(OpenImages, AFileThatVanishedIsADataError) {
  put_image(folder_ / "a.jpg");
  test::write_text(folder_ / "b.jpg", "");
  const auto dataset = open();
  fs::remove(folder_ / "a.jpg");
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 0, 3); }),
              AllOf(HasSubstr("a.jpg: cannot be opened"), HasSubstr("No such file")));
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 1, 3); }),
              HasSubstr("b.jpg: is empty"));
}

TEST_F(OpenImages, ASearchEndsWhenAsked) {
  put_image(folder_ / "a/b.jpg");
  core::StopRequest stop;
  EXPECT_EQ(open_images(folder_.path(), core::silent_log(), &stop)->size(), 1);
  stop.request();
  EXPECT_THROW(open_images(folder_.path(), core::silent_log(), &stop), Stopped);
}

TEST_F(OpenImages, APipeNamedLikeAnImageIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "a.jpg").c_str(), 0600), 0);
  const auto dataset = open();
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 0, 3); }),
              HasSubstr("a.jpg: is not a regular file"));
}

}  // namespace
}  // namespace dbot::data
