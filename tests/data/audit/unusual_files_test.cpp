// Sound files that people have and dbot does not read as they hope.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/temporary_folder.h"
#include "tests/data/audit/audit_folder.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"
#include "tests/data/image/made_files.h"

namespace dbot::data {
namespace {

using test::AuditedFolder;
using test::jpeg_of;
using test::scene;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Some sound pictures, and others that a test puts beside them.
struct UnusualPictures : test::TemporaryFolder {
  UnusualPictures() {
    for (std::uint64_t i = 0; i < 3; ++i) {
      put("sound_" + std::to_string(i) + ".jpg", jpeg_of(scene(120, 160, i)));
    }
  }
  void put(const std::string& name, const std::vector<std::uint8_t>& bytes) const {
    test::write_bytes(path() / name, bytes);
  }
};

TEST(AuditOfUnusualFiles, SoundFilesOfOtherKindsAreNotCalledCorrupt) {
  const UnusualPictures folder;
  const std::vector<std::uint8_t> values(32 * 32 * 4, 9);
  folder.put("int32.npy", test::npy_of("<i4", "32, 32", values));
  folder.put("half.tif", test::tiff_of(32, 64, {.bits = 16, .format = 3}, values));
  write_text(folder.path() / "animation.jpg", "GIF89a and more");
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(FindingKind::unread_kind),
              ElementsAre("animation.jpg", "half.tif", "int32.npy"));
  EXPECT_THAT(result.files(FindingKind::corrupt), IsEmpty());
  EXPECT_EQ(result.detail(FindingKind::unread_kind, "half.tif"),
            "is a TIFF of floats of 16 bits, which is not read");
}

TEST(AuditOfUnusualFiles, ValuesOutOfRangeAreAFindingOfTheirOwn) {
  const UnusualPictures folder;
  std::vector<float> floats;
  std::vector<std::uint16_t> words;
  for (int i = 0; i < 64 * 64; ++i) {
    floats.push_back(static_cast<float>(i % 256));
    words.push_back(static_cast<std::uint16_t>(i * 7 % 1024));
  }
  const auto float_tiff =
      test::tiff_of(64, 64, {.bits = 32, .format = 3}, test::bytes_of_values(floats));
  folder.put("floats.tif", float_tiff);
  folder.put("words.npy", test::npy_of("<u2", "64, 64", test::bytes_of_values(words)));
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(FindingKind::value_range), ElementsAre("floats.tif", "words.npy"));
  EXPECT_THAT(result.detail(FindingKind::value_range, "floats.tif"), HasSubstr("from 0 to 255"));
  EXPECT_THAT(result.detail(FindingKind::value_range, "words.npy"), HasSubstr("10 bits"));
  EXPECT_THAT(result.files(FindingKind::constant), IsEmpty());
}

TEST(AuditOfUnusualFiles, AMissingEndMarkIsANote) {
  const UnusualPictures folder;
  auto bytes = jpeg_of(scene(120, 160, 90));
  bytes.resize(bytes.size() - 2);
  folder.put("camera.jpg", bytes);
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(FindingKind::no_end_mark), ElementsAre("camera.jpg"));
  EXPECT_EQ(result.audit.broken, 0);
}

}  // namespace
}  // namespace dbot::data
