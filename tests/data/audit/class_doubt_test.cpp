#include "dbot/data/audit/class_doubt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/audit/data_split.h"
#include "dbot/data/audit/data_statistics.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/sources/folder/few_values.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/audit/audit_folder.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"
#include "tests/data/image/made_files.h"

// Classes that may be none, and masks beside photographs.
namespace dbot::data {
namespace {

using test::jpeg_of;
using test::png_of;
using test::scene;
using test::write_bytes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

/// An index mask: areas of the values 0 to 4.
Image mask(int side, int seed) {
  Image image{side, side, 1, {}};
  for (int i = 0; i < side * side; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>((i / side / 8 + i % side / 8 + seed) % 5));
  }
  return image;
}

std::string doubt(const std::vector<std::string>& classes) {
  const test::TemporaryFolder folder;
  for (const auto& name : classes) {
    write_bytes(folder / name / "1.png", png_of(scene(32, 32, name.size())));
  }
  return doubt_about_classes(*open_images(folder.path(), core::silent_log()));
}

TEST(ClassDoubt, NamesOfYearsDatesAndShoots) {
  EXPECT_EQ(doubt({"2019", "2020", "2021"}), "look like years");
  EXPECT_EQ(doubt({"2021-05-03", "20210504 beach"}), "look like dates");
  EXPECT_EQ(doubt({"shoot_1", "shoot_2"}), "look like numbers of shoots");
  EXPECT_EQ(doubt({"100CANON", "101CANON"}), "look like numbers of shoots");
  EXPECT_EQ(doubt({"1017", "1018", "1031"}), "look like numbers of shoots");
}

TEST(ClassDoubt, ClassesArePlain) {
  EXPECT_EQ(doubt({"cat", "dog"}), "");
  EXPECT_EQ(doubt({"0", "1", "2"}), "");
  EXPECT_EQ(doubt({"n01440764", "n01443537"}), "");
  EXPECT_EQ(doubt({"2019", "cat"}), "");
  EXPECT_EQ(doubt({"c0", "c1"}), "");
}

TEST(ClassDoubt, AClassOfMasksBesideOneOfPhotographs) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 4; ++i) {
    const auto name = std::to_string(i) + ".png";
    write_bytes(folder / "images" / name, png_of(scene(40, 40, static_cast<std::uint64_t>(i))));
    write_bytes(folder / "semantic_segmentation" / name, png_of(mask(40, i)));
  }
  const auto images = open_images(folder.path(), core::silent_log());
  EXPECT_THAT(doubt_about_classes(*images), HasSubstr("semantic_segmentation holds index masks"));
  EXPECT_EQ(classes_text(images->classes(), "folder"),
            "2 classes by folder: images, semantic_segmentation");
  // Two classes of drawings are two classes.
  const test::TemporaryFolder drawings;
  write_bytes(drawings / "a/1.png", png_of(mask(40, 0)));
  write_bytes(drawings / "b/1.png", png_of(mask(40, 1)));
  EXPECT_EQ(doubt_about_classes(*open_images(drawings.path(), core::silent_log())), "");
}

TEST(ClassDoubt, ManyClassesAreShortened) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back(std::to_string(i));
  EXPECT_EQ(classes_text(names, "list"),
            "100 classes by list: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, 99");
}

class MaskFiles : public ::testing::Test {
 protected:
  MaskFiles() {
    for (const char* name : {"a/1", "a/2", "b/3"}) {
      write_bytes(folder_ / (std::string(name) + ".jpg"), jpeg_of(scene(40, 40, 7)));
    }
    put("a/1.png", mask(40, 1));
    put("a/2_mask.png", mask(40, 2));
    put("b/3-depth.png", test::grey_of(scene(40, 40, 3)));
  }
  void put(const std::string& name, const Image& image) {
    write_bytes(folder_ / name, png_of(image));
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(MaskFiles, AreLeftOutOfTrainingWithOneLine) {
  EXPECT_EQ(open_images(folder_.path(), kept_.log())->size(), 3);
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("3 masks beside photographs are left out")));
  EXPECT_EQ(open_labelled(folder_.path(), 0, kept_.log()).labels, "folder");
}

TEST_F(MaskFiles, AnAuditNamesThem) {
  const test::AuditedFolder result(folder_.path());
  EXPECT_THAT(result.files(FindingKind::mask),
              UnorderedElementsAre("a/1.png", "a/2_mask.png", "b/3-depth.png"));
  EXPECT_EQ(text_of(FindingKind::mask).id, "mask");
}

TEST_F(MaskFiles, AreNeitherMeasuredNorDivided) {
  const core::StopRequest stop;
  const auto measured =
      measure_data_set({.data = folder_.path(), .channels = 0}, {}, stop, kept_.log());
  EXPECT_EQ(measured.set.images, 3);
  EXPECT_EQ(measured.channels, 3) << "as the photographs have, not the masks";
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("3 masks beside photographs are left out")));
  const test::TemporaryFolder out;
  DataSplitOptions options;
  options.data = folder_.path();
  options.out = out / "split";
  options.split.test = 0.4;
  const auto split = split_data_set(options, {}, stop, core::silent_log());
  EXPECT_EQ(split.train + split.val + split.test, 3);
}

/// A photograph of 12 bits, or an index mask of ten values far apart, in 16 bits.
std::vector<std::uint8_t> words_of(bool photograph) {
  std::vector<std::uint16_t> words;
  for (std::uint32_t i = 0; i < 1600; ++i) {
    words.push_back(
        static_cast<std::uint16_t>(photograph ? (i * 2654435761U) >> 20U : i / 160 * 1000));
  }
  return test::npy_of("<u2", "40, 40", test::bytes_of_values(words));
}

TEST(FewValues, WordsAreCountedAsTheyAre) {
  const auto few = [](const std::vector<std::uint8_t>& file) {
    return has_few_values(
        [&](const PixelFormat& format) { return decode_image(file, format, "x"); });
  };
  EXPECT_FALSE(few(words_of(true))) << "16 upper bytes, 4096 values";
  EXPECT_TRUE(few(words_of(false)));
  EXPECT_TRUE(few(png_of(mask(40, 1))));
  EXPECT_FALSE(few(png_of(test::grey_of(scene(40, 40, 3)))));
  EXPECT_FALSE(few(png_of(mask(8, 1)))) << "too small to tell";
}

TEST_F(MaskFiles, PhotographsInTwoKindsOfFilesAreNone) {
  put("a/2.png", scene(40, 40, 9));                 // in colour
  put("b/3.png", test::grey_of(scene(40, 40, 3)));  // many greys
  put("b/lonely_mask.png", mask(40, 3));            // beside no photograph
  put("b/sea_depth.png", scene(40, 40, 4));         // a name like any other
  EXPECT_EQ(open_images(folder_.path(), kept_.log())->size(), 7);
}

}  // namespace
}  // namespace dbot::data
