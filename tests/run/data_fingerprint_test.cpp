#include "dbot/run/data_fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::run {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const data::Dataset> archive(const std::filesystem::path& path,
                                             const std::string& last, std::size_t bytes) {
  test::TarWriter tar;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) tar.add(name, "not read");
  tar.add(last, std::string(bytes, 'x'));
  test::write_text(path, tar.finish());
  return data::open_images(path, core::silent_log());
}

TEST(DataFingerprint, AnArchiveIsKnownByItsMembersAndTheirSizes) {
  const test::TemporaryFolder folder;
  const auto path = folder / "x.tar";
  const auto before = fingerprint(*archive(path, "d.jpg", 10), path);
  const auto renamed = archive(path, "e.jpg", 10), resized = archive(path, "d.jpg", 11);
  EXPECT_THAT(difference(before, fingerprint(*renamed, path), *renamed),
              HasSubstr("first other name is at or between"));
  EXPECT_THAT(difference(before, fingerprint(*resized, path), *resized),
              HasSubstr("first other content is at or between"));
  // Only its name counts, not the folder it lies in, nor what its images hold.
  const auto moved = archive(folder / "elsewhere/x.tar", "d.jpg", 10);
  EXPECT_THAT(difference(before, fingerprint(*moved, folder / "elsewhere/x.tar"), *moved),
              IsEmpty());
}

}  // namespace
}  // namespace dbot::run
