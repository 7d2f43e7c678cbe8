#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/sources/tar_files.h"

namespace dbot::data {
namespace {

using test::archive_of;
using test::keys;
using test::labels;
using test::one_picture;
using test::TarWriter;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TarSamples : public test::TarFiles {};

TEST_F(TarSamples, LabelsThatStandElsewhereAreFoundByName) {
  TarWriter tar;
  for (const char* name : {"a/1.jpg", "a/2.jpg", "b/1.jpg"}) tar.add(name, one_picture());
  tar.add("b/1.cls", "2");
  tar.add("a/2.json", R"({"label": 1})");
  tar.add("a/1.cls", "0");
  tar.add("a/1.mask.png", one_picture());
  test::write_text(folder_ / "x.tar", tar.finish());
  const auto dataset = open(folder_ / "x.tar");
  EXPECT_THAT(keys(*dataset), ElementsAre("a/1.jpg", "a/2.jpg", "b/1.jpg"));
  EXPECT_THAT(labels(*dataset), ElementsAre(0, 1, 2));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("1 images that accompany another")));
}

TEST_F(TarSamples, LabelsOfNoImageAreSaid) {
  TarWriter tar;
  tar.add("1.jpg", one_picture());
  tar.add("1.cls", "0");
  tar.add("2.cls", "1");
  tar.add("3.cls", "1");
  test::write_text(folder_ / "x.tar", tar.finish());
  open(folder_ / "x.tar");
  EXPECT_THAT(
      kept_.lines,
      ElementsAre(HasSubstr("2 .cls files belong to no image of their name; first: 2.cls")));
}

TEST_F(TarSamples, BaseNamesMayHoldDots) {
  TarWriter tar;
  int label = 0;
  for (const char* stem : {"2024.01.05_1", "2024.01.05_2", "v1.2/img.a"}) {
    tar.add(std::string(stem) + ".jpg", one_picture());
    tar.add(std::string(stem) + ".cls", std::to_string(label++));
  }
  test::write_text(folder_ / "x.tar", tar.finish());
  EXPECT_THAT(labels(*open(folder_ / "x.tar")), ElementsAre(0, 1, 2));
}

TEST_F(TarSamples, EndingsMayBeInCapitals) {
  TarWriter tar;
  for (const char* key : {"1", "2"}) {
    tar.add(std::string(key) + ".JPG", one_picture());
    tar.add(std::string(key) + ".CLS", key);
  }
  tar.add("3.JPG", one_picture());
  tar.add("3.JSON", R"({"label": 4})");
  test::write_text(folder_ / "X.TAR", tar.finish());
  EXPECT_THAT(labels(*open(folder_ / "X.TAR")), ElementsAre(1, 2, 4));
}

TEST_F(TarSamples, LabelsAreNumbersWithAFractionOrLists) {
  TarWriter tar;
  const std::vector<std::pair<std::string, std::string>> samples{
      {"1", "3.0"}, {"2", "[1]"}, {"3", "[1, 2]"}, {"4", "0.37"}, {"5", "2"}};
  for (const auto& [key, label] : samples) {
    tar.add(key + ".jpg", one_picture());
    tar.add(key + ".json", "{\"label\": " + label + "}");
  }
  tar.add("6.jpg", one_picture());
  tar.add("6.cls", "1.0\n");
  test::write_text(folder_ / "x.tar", tar.finish());
  EXPECT_THAT(labels(*open(folder_ / "x.tar")), ElementsAre(3, 1, -1, -1, 2, 1));
  EXPECT_THAT(kept_.lines, ElementsAre(AllOf(HasSubstr("1 labels are lists of several"),
                                             HasSubstr("such as 0.37"))));
}

TEST_F(TarSamples, ArchivesOneBehindTheOtherKeepTheirOwnLabels) {
  const auto archive = [](const std::vector<std::string>& labels) {
    TarWriter tar;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      tar.add(std::to_string(i) + ".jpg", one_picture());
    }
    for (std::size_t i = 0; i < labels.size(); ++i) {
      tar.add(std::to_string(i) + ".cls", labels[i]);
    }
    return tar.finish();
  };
  test::write_text(folder_ / "x.tar", archive({"0", "1"}) + archive({"2", "3"}));
  EXPECT_THAT(labels(*open(folder_ / "x.tar")), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("holds 2 archives, one behind the other")));
  test::write_text(folder_ / "y.tar", archive({"0", "1"}) + std::string(900, 'x'));
  open(folder_ / "y.tar");
  EXPECT_THAT(kept_.lines.back(), HasSubstr("900 bytes behind its end mark are no archive"));
}

TEST_F(TarSamples, ImagesOfKindsThatAreNotReadAreCounted) {
  test::write_text(folder_ / "x.tar", archive_of({"1.jpg", "2.heic", "3.HEIC", "4.gif", "5.txt"}));
  EXPECT_EQ(open(folder_ / "x.tar")->size(), 1);
  EXPECT_THAT(kept_.lines, ElementsAre(AllOf(HasSubstr("2 HEIC, 1 GIF images are passed over"),
                                             HasSubstr("heif-convert"))));
  test::write_text(folder_ / "y.tar", archive_of({"1.avif"}));
  EXPECT_THAT(refusal(folder_ / "y.tar"), HasSubstr("1 AVIF images are passed over"));
}

}  // namespace
}  // namespace dbot::data
