#include "dbot/run/training_data/data_fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/run/training_data/training_images.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/formats/writer/tar_writer.h"
#include "tests/support/synthetic_dataset.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<const data::Dataset> archive(const fs::path& path, const std::string& last,
                                             std::size_t bytes) {
  test::TarWriter tar;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) tar.add(name, "not read");
  tar.add(last, std::string(bytes, 'x'));
  test::write_text(path, tar.finish());
  return data::open_images(path, core::silent_log());
}

TEST(DataFingerprint, AnArchiveIsKnownByItsMembersAndTheirSizes) {
  const test::TemporaryFolder folder;
  const auto path = folder / "x.tar";
  const auto before = fingerprint(*archive(path, "d.jpg", 10), {path});
  const auto renamed = archive(path, "e.jpg", 10), resized = archive(path, "d.jpg", 11);
  EXPECT_THAT(difference(before, fingerprint(*renamed, {path}), *renamed),
              HasSubstr("first other name is at or between"));
  EXPECT_THAT(difference(before, fingerprint(*resized, {path}), *resized),
              HasSubstr("first other content is at or between"));
  // Only its name counts, not the folder it lies in, nor what its images hold.
  const auto moved = archive(folder / "elsewhere/x.tar", "d.jpg", 10);
  EXPECT_THAT(difference(before, fingerprint(*moved, {folder / "elsewhere/x.tar"}), *moved),
              IsEmpty());
}

DataFingerprint of_folders(const std::vector<fs::path>& folders) {
  const core::StopRequest stop;
  const Recipe defaults;
  return fingerprint(*open_training_images(folders, defaults, stop, core::silent_log()).images,
                     folders);
}

TEST(DataFingerprint, OfSeveralSourcesIsTheSameElsewhereAndSeesChangedSizes) {
  const test::TemporaryFolder here, there;
  test::put_image(here / "one/1.jpg");
  test::put_image(here / "two/2.jpg");
  const auto before = of_folders({here / "one", here / "two"});
  fs::copy(here / "one", there / "x", fs::copy_options::recursive);
  fs::copy(here / "two", there / "y", fs::copy_options::recursive);
  const std::vector<fs::path> moved{there / "x", there / "y"};
  const core::StopRequest stop;
  const Recipe defaults;
  const auto images = open_training_images(moved, defaults, stop, core::silent_log()).images;
  EXPECT_THAT(difference(before, of_folders(moved), *images), IsEmpty());
  test::write_text(there / "y/2.jpg", "shorter");
  EXPECT_THAT(difference(before, of_folders(moved), *images), HasSubstr("the first other content"));
  fs::rename(there / "y/2.jpg", there / "y/3.jpg");
  EXPECT_THAT(difference(before, of_folders(moved), *images), HasSubstr("the first other name"));
}

TEST(DataFingerprint, OfVeryManyFilesAsksSomeForTheirSize) {
  const auto of = [](std::int64_t images) {
    return fingerprint(test::SyntheticDataset(images, 1), {"nowhere"});
  };
  EXPECT_EQ(of(8192).stride, 1);
  EXPECT_EQ(of(8193).stride, 2);
  auto many = of(40000);
  EXPECT_EQ(many.stride, 8);
  EXPECT_LE(many.stride, many.piece);
  // Sizes of other files cannot be compared: a checkpoint from before there was a stride.
  auto older = many;
  older.stride = 1;
  for (auto& sizes : older.sizes) sizes = "others";
  const test::SyntheticDataset images(40000, 1);
  EXPECT_THAT(difference(older, many, images), IsEmpty());
  older.names[3] = "others";
  EXPECT_THAT(difference(older, many, images), HasSubstr("the first other name"));
}

TEST(TrainingImages, AreDrawnByTheRecipesWeights) {
  Recipe recipe;
  EXPECT_TRUE(source_shares(recipe, {5, 7}).empty());
  recipe.data.weights = {0.25, 3};
  const auto shares = source_shares(recipe, {5, 7});
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_EQ(shares[1].images, 7);
  EXPECT_EQ(shares[1].weight, 3);
  EXPECT_THROW(source_shares(recipe, {5}), UsageError);
}

}  // namespace
}  // namespace dbot::run
