#include "dbot/data/audit/audit.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dbot/core/error.h"
#include "dbot/data/audit/quarantine.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/audit/audit_folder.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/idx_writer.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::data {
namespace {

using test::AuditedFolder;
using test::jpeg_of;
using test::png_of;
using test::scene;
using test::write_bytes;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = FindingKind;

std::filesystem::path codec_fixture(const std::string& name) {
  return test::fixtures() / "codecs" / name;
}

/// A folder of some sound pictures, each another scene.
struct Pictures : test::TemporaryFolder {
  explicit Pictures(int count = 6) {
    for (int i = 0; i < count; ++i) {
      write_bytes(path() / ("sound_" + std::to_string(i) + ".jpg"),
                  jpeg_of(scene(120, 160, static_cast<std::uint64_t>(i))));
    }
  }
  void put(const std::string& name, const std::vector<std::uint8_t>& bytes) const {
    write_bytes(path() / name, bytes);
  }
};

TEST(Audit, OfASoundSetFindsNothing) {
  const Pictures folder(30);
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.audit.findings, IsEmpty());
  EXPECT_THAT(result.audit.groups, IsEmpty());
  EXPECT_EQ(result.audit.broken, 0);
  EXPECT_EQ(result.facts.size(), 30U);
}

TEST(Audit, NamesEachWayToBeBroken) {
  const Pictures folder;
  const auto whole = jpeg_of(scene(120, 160, 50));
  folder.put("cut.jpg", {whole.begin(), whole.begin() + std::ssize(whole) / 2});
  folder.put("empty.jpg", {});
  write_text(folder.path() / "page.jpg", "<!DOCTYPE html><html>404</html>");
  write_text(folder.path() / "bomb.ppm", "P6 100000 100000 255\n ");
  auto corrupt = png_of(scene(60, 80, 51));
  corrupt[corrupt.size() / 2] ^= 0xFF;
  folder.put("corrupt.png", corrupt);
  std::filesystem::copy(codec_fixture("five16.tif"), folder / "five.tif");
  std::filesystem::create_symlink("nowhere.jpg", folder / "link.jpg");
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(Kind::truncated), ElementsAre("cut.jpg"));
  EXPECT_THAT(result.files(Kind::empty), ElementsAre("empty.jpg"));
  EXPECT_THAT(result.files(Kind::not_an_image), ElementsAre("page.jpg"));
  EXPECT_EQ(result.detail(Kind::not_an_image, "page.jpg"), "is an HTML page");
  EXPECT_THAT(result.files(Kind::too_large), ElementsAre("bomb.ppm"));
  EXPECT_THAT(result.files(Kind::corrupt), ElementsAre("corrupt.png"));
  EXPECT_THAT(result.files(Kind::channels), ElementsAre("five.tif"));
  EXPECT_THAT(result.files(Kind::unreadable), ElementsAre("link.jpg"));
  EXPECT_EQ(result.audit.broken, 7);
}

TEST(Audit, KnowsHowPixelsAreStored) {
  const Pictures folder;
  for (const char* name : {"exif_6.jpg", "cmyk_large.jpg", "alpha.webp", "animated.webp",
                           "pages.tif", "rgb16_big_endian.tif"}) {
    std::filesystem::copy(codec_fixture(name), folder / name);
  }
  folder.put("grey.jpg", jpeg_of(test::grey_of(scene(120, 160, 60))));
  folder.put("flat.png", png_of(test::one_colour(120, 160, 130)));
  folder.put("small.png", png_of(scene(20, 25, 61)));
  folder.put("strip.png", png_of(scene(60, 400, 62)));
  folder.put("huge.jpg", jpeg_of(test::with_size(scene(120, 160, 63), 2100, 2800)));
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(Kind::turned), ElementsAre("exif_6.jpg"));
  EXPECT_THAT(result.files(Kind::cmyk), ElementsAre("cmyk_large.jpg"));
  EXPECT_THAT(result.files(Kind::alpha), ElementsAre("alpha.webp"));
  EXPECT_THAT(result.files(Kind::more_pictures), ElementsAre("animated.webp", "pages.tif"));
  EXPECT_THAT(result.files(Kind::deep), ElementsAre("rgb16_big_endian.tif"));
  EXPECT_THAT(result.files(Kind::grey_as_rgb), ElementsAre("grey.jpg"));
  EXPECT_THAT(result.files(Kind::constant), ElementsAre("flat.png"));
  EXPECT_THAT(result.files(Kind::tiny), testing::Contains("small.png"));
  EXPECT_THAT(result.files(Kind::elongated), ElementsAre("strip.png"));
  EXPECT_THAT(result.files(Kind::huge), ElementsAre("huge.jpg"));
  EXPECT_EQ(result.audit.broken, 0);
}

TEST(Audit, NamesFilesThatAreNotWhatTheyAreCalled) {
  const Pictures folder;
  folder.put("really_a_png.jpg", png_of(scene(60, 80, 70)));
  folder.put("no_extension", jpeg_of(scene(60, 80, 71)));
  write_text(folder.path() / "animation.gif", "GIF89a and more");
  write_text(folder.path() / "notes.txt", "BMW and P5 are only text");
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(Kind::wrong_type), ElementsAre("really_a_png.jpg"));
  EXPECT_THAT(result.files(Kind::unread_image), ElementsAre("animation.gif", "no_extension"));
  EXPECT_THAT(result.files(Kind::other_file), ElementsAre("notes.txt"));
  EXPECT_EQ(result.detail(Kind::other_file, "notes.txt"), "is text");
}

TEST(Audit, FindsDamageThatStillGivesAPicture) {
  const Pictures folder;
  // Another picture's data put into the middle of one: codes that decode, but too many of them.
  auto bytes = jpeg_of(scene(120, 160, 80));
  const auto other = jpeg_of(scene(120, 160, 81));
  bytes.insert(bytes.end() - 2, other.end() - 300, other.end() - 2);
  folder.put("longer.jpg", bytes);
  folder.put("longer_progressive.jpg", [] {
    auto scans = jpeg_of(scene(120, 160, 82), 90, 0, /*progressive=*/true);
    scans.insert(scans.end() - 2, 40, 0x55);
    return scans;
  }());
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(Kind::damaged), ElementsAre("longer.jpg", "longer_progressive.jpg"));
}

TEST(Audit, GroupsCopiesAndKeepsTheLargest) {
  const Pictures folder;
  const Image image = scene(240, 320, 90);
  folder.put("b_whole.png", png_of(image));
  folder.put("a_half.jpg", jpeg_of(test::with_size(image, 120, 160)));
  folder.put("c_same.png", png_of(image));
  folder.put("d_poor.jpg", jpeg_of(test::brighter(image, 10), 40));
  const AuditedFolder result(folder.path());
  ASSERT_EQ(result.audit.groups.size(), 1U);
  std::vector<std::string> names;
  for (const auto& member : result.audit.groups[0].members) {
    names.push_back(result.set.name(member.image));
  }
  EXPECT_THAT(names, ElementsAre("b_whole.png", "a_half.jpg", "c_same.png", "d_poor.jpg"));
  EXPECT_THAT(result.files(Kind::duplicate), ElementsAre("c_same.png"));
  EXPECT_THAT(result.files(Kind::near_duplicate), ElementsAre("a_half.jpg", "d_poor.jpg"));
  EXPECT_THAT(result.detail(Kind::duplicate, "c_same.png"), HasSubstr("b_whole.png"));
}

TEST(Audit, MirrorImagesAreCopiesOnlyOnRequest) {
  const Pictures folder;
  const Image image = scene(240, 320, 91);
  folder.put("straight.png", png_of(image));
  folder.put("mirrored.png", png_of(test::mirrored(image)));
  EXPECT_THAT(AuditedFolder(folder.path()).audit.groups, IsEmpty());
  AuditLimits limits;
  limits.copies.mirrored = true;
  const AuditedFolder result(folder.path(), 2, limits);
  ASSERT_EQ(result.audit.groups.size(), 1U);
  EXPECT_THAT(result.audit.groups[0].members.back().mirrored, true);
  limits.copies = {-1, true};
  EXPECT_THAT(AuditedFolder(folder.path(), 2, limits).audit.groups, IsEmpty());
}

TEST(Audit, FindsLeaksAndConflictsOfClasses) {
  const test::TemporaryFolder folder;
  std::uint64_t seed = 200;
  for (const char* place : {"train/cat", "train/dog", "test/cat", "test/dog"}) {
    for (const char* name : {"1.jpg", "2.jpg", "3.jpg"}) {
      write_bytes(folder.path() / place / name, jpeg_of(scene(90, 120, seed++)));
    }
  }
  const Image leaked = scene(90, 120, 900), contested = scene(90, 120, 901);
  write_bytes(folder.path() / "train/cat/leaked.jpg", jpeg_of(leaked));
  write_bytes(folder.path() / "test/cat/leaked.jpg", jpeg_of(leaked, 60));
  write_bytes(folder.path() / "train/cat/contested.jpg", jpeg_of(contested));
  write_bytes(folder.path() / "train/dog/contested.jpg", jpeg_of(contested));
  write_bytes(folder.path() / "test/bird/1.jpg", jpeg_of(scene(90, 120, 902)));
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.set.classes(), ElementsAre("bird", "cat", "dog"));
  EXPECT_THAT(result.files(Kind::leak), ElementsAre("train/cat/leaked.jpg"));
  EXPECT_THAT(result.files(Kind::label_conflict),
              ElementsAre("train/cat/contested.jpg", "train/dog/contested.jpg"));
  EXPECT_THAT(result.files(Kind::lonely_class), ElementsAre("test/bird"));
}

TEST(Audit, NamesClassesThatAreFarTooSmall) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 22; ++i) {
    write_bytes(folder.path() / (i == 0 ? "rare" : "common") / (std::to_string(i) + ".png"),
                png_of(scene(40, 40, static_cast<std::uint64_t>(i))));
  }
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(Kind::imbalance), ElementsAre("rare"));
}

TEST(Audit, IsTheSameForAnyNumberOfWorkers) {
  const Pictures folder(12);
  folder.put("cut.jpg", {0xFF, 0xD8, 0xFF});
  folder.put("copy.jpg", jpeg_of(scene(120, 160, 3)));
  const AuditedFolder one(folder.path(), 1), seven(folder.path(), 7);
  ASSERT_EQ(one.audit.findings.size(), seven.audit.findings.size());
  EXPECT_EQ(one.audit.findings.size(), 2U);
  for (std::size_t i = 0; i < one.audit.findings.size(); ++i) {
    EXPECT_EQ(one.audit.findings[i].file, seven.audit.findings[i].file);
    EXPECT_EQ(one.audit.findings[i].detail, seven.audit.findings[i].detail);
  }
}

/// An IDX file of these pictures' first channels.
void write_idx(const std::filesystem::path& path, const std::vector<Image>& images) {
  auto bytes = test::idx_bytes({static_cast<std::uint32_t>(images.size()), 28, 28});
  std::size_t place = 16;
  for (const Image& image : images) {
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) bytes[place++] = image.pixels[i];
  }
  write_bytes(path, bytes);
}

TEST(Audit, OfIdxFilesFindsCopiesBetweenTheParts) {
  const test::TemporaryFolder folder;
  std::vector<Image> images;
  for (std::uint64_t i = 0; i < 8; ++i) images.push_back(scene(28, 28, i));
  write_idx(folder / "train-images-idx3-ubyte", images);
  write_idx(folder / "t10k-images-idx3-ubyte", {images[3], images[4]});
  const AuditedFolder result(folder.path());
  EXPECT_EQ(result.set.size(), 10);
  EXPECT_EQ(result.audit.count(Kind::leak), 2);
  EXPECT_EQ(result.audit.count(Kind::other_file), 0);
}

TEST(Audit, OfArchivesInThreePartsFindsCopiesBetweenAllOfThem) {
  const test::TemporaryFolder folder;
  std::vector<std::string> pictures;
  for (std::uint64_t i = 0; i < 9; ++i) {
    const auto bytes = jpeg_of(scene(90, 120, 700 + i));
    pictures.emplace_back(bytes.begin(), bytes.end());
  }
  const auto put = [&](const std::string& part, const std::vector<std::size_t>& held) {
    test::TarWriter tar;
    for (const auto i : held) tar.add("cat/" + std::to_string(i) + ".jpg", pictures[i]);
    write_text(folder.path() / (part + "-000.tar"), tar.finish());
  };
  put("train", {0, 1, 2, 3});
  put("val", {3, 4, 5});
  put("test", {5, 6, 1, 7, 8});
  const AuditedFolder result(folder.path());
  std::vector<std::string> parts;
  for (const auto& part : result.set.parts()) parts.push_back(part.name);
  EXPECT_THAT(parts, ElementsAre("train", "val", "test"));
  EXPECT_EQ(result.set.size(), 12);
  EXPECT_THAT(
      result.files(Kind::leak),
      ElementsAre("train-000.tar/cat/1.jpg", "train-000.tar/cat/3.jpg", "val-000.tar/cat/5.jpg"));
  const auto list = quarantine_text(result.set, result.audit, QuarantineScope::duplicates);
  EXPECT_THAT(list, Not(HasSubstr("\ntest-")));
}

TEST(Survey, EndsEarlyOnRequestAndTellsOnTheCallersThread) {
  const Pictures folder(40);
  const auto set = AuditedSet::open(folder.path(), core::silent_log());
  std::vector<ImageFacts> facts(40);
  std::vector<std::int64_t> all(40);
  for (std::int64_t i = 0; i < 40; ++i) all[static_cast<std::size_t>(i)] = i;
  core::StopRequest stop;
  stop.request();
  survey(
      set, {2, 3, true}, all, facts, [](auto) { FAIL() << "nothing was begun"; }, stop);
  core::StopRequest later;
  EXPECT_THROW(
      survey(
          set, {2, 3, true}, all, facts, [](auto) { throw Error("the listener's own"); }, later),
      Error);
}

}  // namespace
}  // namespace dbot::data
