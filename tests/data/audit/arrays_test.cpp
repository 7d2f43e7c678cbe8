// Images that are arrays of numbers: of any number of channels, and not all of them finite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

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
using test::write_bytes;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = FindingKind;

/// Noise of so many channels, 40 x 40 pixels: a TIFF, or planes in an npy.
std::vector<std::uint8_t> noise_of(int channels, std::uint32_t state, bool planes) {
  std::vector<std::uint8_t> values(std::size_t{1600} * static_cast<std::size_t>(channels));
  for (auto& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<std::uint8_t>(state >> 24U);
  }
  if (planes) return test::npy_of("|u1", std::to_string(channels) + ", 40, 40", values);
  return test::tiff_of(40, 40, {.channels = channels}, values);
}

TEST(Audit, ImagesOfAnyNumberOfChannelsAreSoundAndOddOnesNamed) {
  for (const int channels : {2, 4, 5, 13}) {
    const test::TemporaryFolder folder;
    for (std::uint32_t i = 0; i < 6; ++i) {
      const std::string name = std::to_string(i) + (i < 3 ? ".tif" : ".npy");
      // Of two channels in a TIFF the second may be alpha.
      write_bytes(folder / name, noise_of(channels, i + 1, i >= 3 || channels == 2));
    }
    EXPECT_EQ(channels_of(AuditedSet::open(folder.path(), core::silent_log())), channels);
    EXPECT_EQ(AuditedFolder(folder.path()).audit.broken, 0) << channels;
    write_bytes(folder / "odd.jpg", jpeg_of(scene(40, 40, 1)));
    write_bytes(folder / "seven.tif", noise_of(7, 9, false));
    const AuditedFolder result(folder.path());
    EXPECT_THAT(result.files(Kind::channels), ElementsAre("odd.jpg", "seven.tif")) << channels;
    EXPECT_EQ(result.audit.broken, 2) << channels;
  }
}

TEST(Audit, PixelsThatAreNotFiniteAreFound) {
  const test::TemporaryFolder folder;
  std::vector<float> values(1600);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 97) / 97;
  write_bytes(folder / "sound.npy", test::npy_of("<f4", "40, 40", test::bytes_of_values(values)));
  values[7] = std::numeric_limits<float>::quiet_NaN();
  write_bytes(folder / "nan.npy", test::npy_of("<f4", "40, 40", test::bytes_of_values(values)));
  const AuditedFolder result(folder.path());
  EXPECT_THAT(result.files(Kind::value_range), ElementsAre("nan.npy"));
  EXPECT_THAT(result.detail(Kind::value_range, "nan.npy"), HasSubstr("not finite"));
}

}  // namespace
}  // namespace dbot::data
