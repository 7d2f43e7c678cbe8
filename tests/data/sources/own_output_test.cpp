#include "dbot/data/sources/folder/own_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/data_split.h"
#include "dbot/data/sources/folder/folder_scan.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/path_strings.h"
#include "tests/formats/writer/tar_writer.h"

// What dbot wrote is no data where it lies below a folder of images.
namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::put_image;
using test::write_text;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OwnOutput : public ::testing::Test {
 protected:
  OwnOutput() {
    for (const char* name : {"cat/1.jpg", "cat/2.jpg", "dog/3.jpg"}) put_image(folder_ / name);
  }
  void put_run(const fs::path& run) {
    write_text(run / "recipe.toml", "[model]\n[optimizer]\n[schedule]\n[train]\nseed = 0\n");
    write_text(run / "metrics.jsonl", "{\"type\":\"begin\",\"step\":0}\n");
    put_pictures(run / "pictures/stage-1");
  }
  void put_pictures(const fs::path& folder) {
    put_image(folder / "attention-01.png", "rgb.png");
    write_text(folder / "pictures.json",
               "{\n \"version\": 1,\n \"label\": \"stage 1\",\n \"step\": 4,\n \"stage\": 1}");
  }
  std::vector<std::string> images(const fs::path& root) {
    return test::strings_of(scan_folder(root, core::silent_log(), {.index_folder = {}}).images);
  }
  void expect_unchanged() {
    EXPECT_THAT(images(folder_.path()), ElementsAre("cat/1.jpg", "cat/2.jpg", "dog/3.jpg"));
    const auto classes = open_images(folder_.path(), kept_.log())->classes();
    EXPECT_THAT(classes, ElementsAre("cat", "dog"));
  }

  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(OwnOutput, RunsAreNoData) {
  put_run(folder_ / "runs/a");
  put_run(folder_ / "cat/deeper/b");
  expect_unchanged();
  EXPECT_THAT(kept_.lines, Contains(AllOf(HasSubstr("what dbot wrote is passed over"),
                                          HasSubstr("cat/deeper/b and 1 more"))));
  EXPECT_TRUE(is_own_output(folder_ / "runs"));
  EXPECT_FALSE(is_own_output(folder_ / "cat"));
  // Neither are its files among those an audit names.
  EXPECT_THAT(AuditedSet::open(folder_.path(), core::silent_log()).other_files(), IsEmpty());
}

TEST_F(OwnOutput, ARunIsToldThroughEverySpellingOfThePath) {
  put_run(folder_ / "runs/a");
  const test::TemporaryFolder elsewhere;
  put_run(elsewhere / "run");
  fs::create_directory_symlink(folder_.path(), elsewhere / "link");
  fs::create_directory_symlink(elsewhere / "run", folder_ / "linked");
  expect_unchanged();
  EXPECT_EQ(images(elsewhere / "link").size(), 3U);
  EXPECT_EQ(images(folder_ / "cat/..").size(), 3U);
  EXPECT_EQ(images(fs::relative(folder_.path())).size(), 3U);
}

TEST_F(OwnOutput, PicturesAloneAreToldEvenIfHalfDone) {
  put_pictures(folder_ / "looked_at");
  put_image(folder_ / "half/features-01.png", "rgb.png");
  write_output_note(folder_ / "half", "reconstruct");
  expect_unchanged();
  fs::remove(folder_ / "half" / kOutputNote);
  EXPECT_EQ(images(folder_.path()).size(), 4U) << "the note says how to make it data";
}

TEST_F(OwnOutput, ADivisionWithLinksIsReadWhereItIsNamedItself) {
  core::StopRequest stop;
  DataSplitOptions options;
  options.data = folder_.path();
  options.out = folder_ / "divided";
  options.split.test = 0.4;
  options.links = true;
  split_data_set(options, {}, stop, core::silent_log());
  expect_unchanged();
  const auto parts = open(options.out, Wanted::all, {.log = kept_.log()});
  EXPECT_EQ(parts.train->size() + parts.test->size(), 3);

  fs::remove(options.out / kOutputNote);  // as older versions made it
  expect_unchanged();
  EXPECT_EQ(open(options.out, Wanted::all, {.log = kept_.log()}).train->size(),
            parts.train->size());
}

TEST_F(OwnOutput, WhatOnlyLooksAlikeStaysData) {
  put_image(folder_ / "runs/4.jpg");
  put_image(folder_ / "shoot/5.jpg");
  write_text(folder_ / "shoot/recipe.toml", "[model]\n[optimizer]\n[schedule]\n[train]\n");
  put_image(folder_ / "cook/6.jpg");
  write_text(folder_ / "cook/recipe.toml", "[cake]\n");
  write_text(folder_ / "cook/run.json", "{}");
  put_image(folder_ / "coco/7.jpg");
  write_text(folder_ / "coco/pictures.json", "{\"images\": []}");
  const test::TemporaryFolder archive;
  for (const char* part : {"train", "test"}) {  // somebody's own links to what is elsewhere
    put_image(archive / part / "8.jpg");
    fs::create_directories(folder_ / "mine" / part);
    fs::create_symlink(archive / part / "8.jpg", folder_ / "mine" / part / "8.jpg");
  }
  EXPECT_THAT(images(folder_.path()),
              ElementsAre("cat/1.jpg", "cat/2.jpg", "coco/7.jpg", "cook/6.jpg", "dog/3.jpg",
                          "mine/test/8.jpg", "mine/train/8.jpg", "runs/4.jpg", "shoot/5.jpg"));
}

TEST_F(OwnOutput, OutputsAloneAreAnErrorThatSaysSo) {
  put_run(folder_ / "runs/a");
  EXPECT_THAT(
      test::message_of<DataError>([&] { open_images(folder_ / "runs", core::silent_log()); }),
      AllOf(HasSubstr("holds no image but in what dbot wrote"), HasSubstr("(a)")));
  EXPECT_EQ(open_images(folder_ / "runs/a/pictures/stage-1", core::silent_log())->size(), 1)
      << "it was named";
}

TEST_F(OwnOutput, BesideShardsItIsPassedOverToo) {
  test::TarWriter tar;
  const auto bytes = test::bytes_of(test::fixtures() / "rgb_420.jpg");
  tar.add("1.jpg", {bytes.begin(), bytes.end()});
  write_text(folder_ / "shards/0.tar", tar.finish());
  put_run(folder_ / "shards/runs/a");
  EXPECT_EQ(open(folder_ / "shards", Wanted::train, {.log = kept_.log()}).source.kind->id, "tar");
}

TEST_F(OwnOutput, AnIndexKeepsWhatItTold) {
  put_run(folder_ / "runs/a");
  const test::TemporaryFolder index;
  const ScanOptions options{.index_folder = index.path(), .least_indexed = 0, .settled_seconds = 0};
  for (int pass = 0; pass < 2; ++pass) {
    const auto scan = scan_folder(folder_.path(), core::silent_log(), options);
    EXPECT_EQ(scan.images.size(), 3U);
    EXPECT_THAT(scan.outputs, ElementsAre("runs/a"));
  }
}

}  // namespace
}  // namespace dbot::data
