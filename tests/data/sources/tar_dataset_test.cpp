#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zstd.h>

#include "dbot/data/image/sample_image.h"
#include "tests/data/sources/idx_writer.h"
#include "tests/data/sources/tar_files.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::archive_of;
using test::keys;
using test::labels;
using test::message_of;
using test::one_picture;
using test::TarWriter;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TarDataset : public test::TarFiles {};

TEST_F(TarDataset, ImagesInTheirOrderWithTheirBytes) {
  const auto path = folder_ / "photos.tar";
  test::write_text(path, archive_of({"./b.jpg", "notes.txt", "a.jpg", "._a.jpg", ".trash/c.jpg"}));
  const auto dataset = open(path);
  EXPECT_THAT(keys(*dataset), ElementsAre("b.jpg", "a.jpg"));
  EXPECT_THAT(dataset->name(1), EndsWith("photos.tar/a.jpg"));
  EXPECT_EQ(dataset->stored_bytes(0), static_cast<std::int64_t>(one_picture().size()));
  EXPECT_EQ(load_image(*dataset, 1, 3).width, 45);
  EXPECT_THAT(dataset->classes(), IsEmpty());
  EXPECT_THAT(kept_.lines, IsEmpty());
}

TEST_F(TarDataset, LabelsOfASampleStandBesideIt) {
  TarWriter tar;
  for (const char* key : {"s/1", "s/2", "s/3"}) {
    tar.add(std::string(key) + ".jpg", one_picture());
    if (std::string(key) == "s/1") tar.add("s/1.cls", "2\n");
    if (std::string(key) == "s/2") tar.add("s/2.json", R"({"label": 0, "text": "a cat"})");
  }
  test::write_text(folder_ / "x.tar", tar.finish());
  const auto dataset = open(folder_ / "x.tar");
  EXPECT_THAT(labels(*dataset), ElementsAre(2, 0, -1));
  EXPECT_THAT(dataset->classes(), ElementsAre("0", "1", "2"));
}

TEST_F(TarDataset, FoldersAreClassesBelowWhatAllHaveInCommon) {
  test::write_text(folder_ / "x.tar", archive_of({"set/train/dog/1.jpg", "set/train/cat/1.jpg",
                                                  "set/train/cat/2.jpg"}));
  const auto dataset = open(folder_ / "x.tar");
  EXPECT_THAT(dataset->classes(), ElementsAre("cat", "dog"));
  EXPECT_THAT(labels(*dataset), ElementsAre(1, 0, 0));
  test::write_text(folder_ / "y.tar", archive_of({"set/train/dog/1.jpg", "set/val/cat/1.jpg"}));
  EXPECT_THAT(open(folder_ / "y.tar")->classes(), ElementsAre("cat", "dog"));
  test::write_text(folder_ / "z.tar", archive_of({"set/dog/1.jpg", "set/loose.jpg"}));
  EXPECT_THAT(open(folder_ / "z.tar")->classes(), IsEmpty());
}

TEST_F(TarDataset, WhatAccompaniesAnImageIsLeftOut) {
  TarWriter tar;
  for (const char* name : {"1.jpg", "1.mask.png", "1.npy", "2.left.jpg", "2.right.jpg", "3.npy"}) {
    tar.add(name, one_picture());
  }
  test::write_text(folder_ / "x.tar", tar.finish());
  EXPECT_THAT(keys(*open(folder_ / "x.tar")),
              ElementsAre("1.jpg", "2.left.jpg", "2.right.jpg", "3.npy"));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("2 images that accompany another")));
}

TEST_F(TarDataset, ShardsOfAFolderOrAPatternAreOneDataSet) {
  for (const char* name : {"00.tar", "01.tar", "02.tar"}) {
    test::write_text(folder_ / "shards" / name, archive_of({std::string(name) + ".jpg"}));
  }
  EXPECT_THAT(keys(*open(folder_ / "shards")),
              ElementsAre("00.tar.jpg", "01.tar.jpg", "02.tar.jpg"));
  EXPECT_EQ(open(folder_ / "shards/{01..02}.tar")->size(), 2);
  EXPECT_EQ(open(folder_ / "shards/0[02].tar")->size(), 2);
  EXPECT_EQ(open(folder_ / "shards/{02,00}.tar")->key(0), "02.tar.jpg");
  EXPECT_THAT(refusal(folder_ / "shards/{00..05}.tar"), HasSubstr("03.tar: does not exist"));
  EXPECT_THAT(refusal(folder_ / "shards/9*.tar"), HasSubstr("does not exist"));
}

TEST_F(TarDataset, NamesAndFoldersDivideThem) {
  test::write_text(folder_ / "a/in-train-0.tar", archive_of({"cat/1.jpg", "dog/1.jpg"}));
  test::write_text(folder_ / "a/in-val-0.tar", archive_of({"dog/2.jpg", "cow/1.jpg"}));
  test::write_text(folder_ / "a/in-extra.tar", archive_of({"dog/3.jpg", "cow/4.jpg"}));
  EXPECT_THAT(keys(*open(folder_ / "a")), ElementsAre("cat/1.jpg", "dog/1.jpg"));
  EXPECT_THAT(kept_.lines,
              ElementsAre(HasSubstr("in-extra.tar: left out"),
                          HasSubstr("using in-train-0.tar; in-val-0.tar is left for evaluation")));
  const auto splits = open_labelled(folder_ / "a", 0, kept_.log());
  EXPECT_THAT(splits.train->classes(), ElementsAre("cat", "cow", "dog"));
  EXPECT_THAT(labels(*splits.train), ElementsAre(0, 2));
  EXPECT_THAT(labels(*splits.test), ElementsAre(2, 1));
  EXPECT_EQ(splits.description, "in-train-0.tar and in-val-0.tar");

  test::write_text(folder_ / "b/train/0.tar", archive_of({"1.jpg"}));
  test::write_text(folder_ / "b/test/0.tar", archive_of({"2.jpg"}));
  EXPECT_THAT(keys(*open(folder_ / "b")), ElementsAre("1.jpg"));
}

TEST_F(TarDataset, AnArchiveBesideImagesIsWhereTheyCameFrom) {
  test::write_text(folder_ / "x.tar", archive_of({"1.jpg", "2.jpg"}));
  test::put_image(folder_ / "only.jpg");
  EXPECT_EQ(open(folder_.path())->size(), 1);
}

TEST_F(TarDataset, UnlabelledArchivesAreNotEvaluatedOn) {
  test::write_text(folder_ / "x.tar", archive_of({"1.jpg", "2.jpg"}));
  EXPECT_THAT(message_of<DataError>([&] { open_labelled(folder_ / "x.tar", 0, kept_.log()); }),
              AllOf(HasSubstr("x.tar has no labels"), HasSubstr("a .cls file")));
}

TEST_F(TarDataset, UnsoundArchivesAreRefusedByName) {
  const std::string whole = archive_of({"a.jpg", "b.jpg"});
  test::write_text(folder_ / "cut.tar", whole.substr(0, whole.size() - 1200));
  EXPECT_THAT(refusal(folder_ / "cut.tar"), AllOf(HasSubstr("cut.tar is cut short in b.jpg")));
  test::write_text(folder_ / "odd.tar",
                   "this is no archive, but longer than the header of one is.");
  EXPECT_THAT(refusal(folder_ / "odd.tar"), HasSubstr("odd.tar is cut short in its first header"));
  test::write_text(folder_ / "text.tar", archive_of({"readme.txt"}));
  EXPECT_THAT(refusal(folder_ / "text.tar"),
              AllOf(HasSubstr("holds no image"), HasSubstr("1 other file; first: readme.txt")));
  test::write_text(folder_ / "unmarked.tar", whole.substr(0, whole.size() - 1024));
  open(folder_ / "unmarked.tar");
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("unmarked.tar: has no end mark")));
}

TEST_F(TarDataset, AShardThatShrinksLaterIsAnErrorOfItsImage) {
  const std::string whole = archive_of({"a.jpg", "b.jpg"});
  test::write_text(folder_ / "x.tar", whole);
  const auto dataset = open(folder_ / "x.tar");
  fs::resize_file(folder_ / "x.tar", 2000);
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 1, 3); }),
              HasSubstr("became shorter since it was indexed"));
}

class CompressedTar : public TarDataset {
 protected:
  CompressedTar() { ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1); }
  ~CompressedTar() override { ::unsetenv("XDG_CACHE_HOME"); }

  static std::string zstd(const std::string& content) {
    std::string packed(ZSTD_compressBound(content.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), 3));
    return packed;
  }
  std::ptrdiff_t copies() {
    const fs::directory_iterator all(folder_ / "cache/dbot/unpacked");
    return std::distance(begin(all), end(all));
  }
  std::string archive_ = archive_of({"cat/a.jpg", "dog/b.jpg"});
};

TEST_F(CompressedTar, IsUnpackedOnceForEachStateOfTheArchive) {
  // Several frames, as parallel compressors write them.
  test::write_text(folder_ / "x.tar.zst",
                   zstd(archive_.substr(0, 700)) + zstd(archive_.substr(700)));
  for (int time = 0; time < 2; ++time) {
    const auto dataset = open(folder_ / "x.tar.zst");
    EXPECT_THAT(labels(*dataset), ElementsAre(0, 1));
    EXPECT_THAT(dataset->name(0), EndsWith("x.tar.zst/cat/a.jpg"));
    EXPECT_EQ(load_image(*dataset, 1, 3).width, 45);
  }
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("x.tar.zst: unpacking it into")));
  EXPECT_EQ(copies(), 1);
  test::write_text(folder_ / "x.tar.zst", zstd(archive_of({"c.jpg"})));
  EXPECT_THAT(keys(*open(folder_ / "x.tar.zst")), ElementsAre("c.jpg"));
  EXPECT_EQ(copies(), 1);
}

TEST_F(CompressedTar, UnpackingEndsWhenAsked) {
  test::write_text(folder_ / "x.tar.zst", zstd(archive_));
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(open_images(folder_ / "x.tar.zst", kept_.log(), &stop), Stopped);
  EXPECT_EQ(copies(), 0);
}

TEST_F(CompressedTar, Gzip) {
  test::write_gzip(folder_ / "x.tgz",
                   {reinterpret_cast<const std::uint8_t*>(archive_.data()), archive_.size()});
  EXPECT_THAT(keys(*open(folder_ / "x.tgz")), ElementsAre("cat/a.jpg", "dog/b.jpg"));
}

TEST_F(CompressedTar, TheContentSaysHowItIsPacked) {
  test::write_gzip(folder_ / "gzip.tar",
                   {reinterpret_cast<const std::uint8_t*>(archive_.data()), archive_.size()});
  EXPECT_EQ(open(folder_ / "gzip.tar")->size(), 2);
  test::write_text(folder_ / "zstd.tar", zstd(archive_));
  EXPECT_EQ(open(folder_ / "zstd.tar")->size(), 2);
  test::write_text(folder_ / "plain.tar.gz", archive_);
  EXPECT_EQ(open(folder_ / "plain.tar.gz")->size(), 2);
  EXPECT_EQ(copies(), 2);
}

TEST_F(CompressedTar, OtherPackingsAreNamedWithTheWayOut) {
  test::write_text(folder_ / "bz2.tar", "BZh91AY&SY" + std::string(600, 'x'));
  EXPECT_THAT(refusal(folder_ / "bz2.tar"),
              AllOf(HasSubstr("is packed by bzip2, which is not read"), HasSubstr("unpack it")));
  test::write_text(folder_ / "xz.tar.gz", std::string("\xFD"
                                                      "7zXZ\0",
                                                      6) +
                                              std::string(600, 'x'));
  EXPECT_THAT(refusal(folder_ / "xz.tar.gz"), HasSubstr("is packed by xz"));
  for (const char* name : {"a.tar.bz2", "a.tar.xz", "a.TXZ", "a.zip", "a.7z"}) {
    test::write_text(folder_ / name, "anything");
    EXPECT_THAT(refusal(folder_ / name), HasSubstr("unpack it and name the folder")) << name;
  }
}

TEST_F(CompressedTar, DamageIsNamedAndLeavesNoCopy) {
  const std::string packed = zstd(archive_);
  test::write_text(folder_ / "cut.tar.zst", packed.substr(0, packed.size() / 2));
  EXPECT_THAT(refusal(folder_ / "cut.tar.zst"), HasSubstr("cut.tar.zst: ends too early"));
  test::write_gzip(folder_ / "x.tar.gz",
                   {reinterpret_cast<const std::uint8_t*>(archive_.data()), archive_.size()});
  fs::resize_file(folder_ / "x.tar.gz", 200);
  EXPECT_THAT(refusal(folder_ / "x.tar.gz"), HasSubstr("x.tar.gz: ends too early"));
  test::write_text(folder_ / "odd.tar.gz", "no archive at all");
  EXPECT_THAT(refusal(folder_ / "odd.tar.gz"), HasSubstr("odd.tar.gz: broken gzip file"));
  EXPECT_EQ(copies(), 0);
}

}  // namespace
}  // namespace dbot::data
