#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::test {

/// The bytes of one picture, a JPEG 45 pixels wide.
inline std::string one_picture() {
  const auto bytes = bytes_of(fixtures() / "rgb_420.jpg");
  return {bytes.begin(), bytes.end()};
}

/// An archive of copies of one picture under these names; what is no picture holds its own name.
inline std::string archive_of(const std::vector<std::string>& names) {
  TarWriter tar;
  for (const auto& name : names) tar.add(name, name.ends_with(".jpg") ? one_picture() : name);
  return tar.finish();
}

inline std::vector<std::string> keys(const data::Dataset& dataset) {
  std::vector<std::string> all;
  for (std::int64_t i = 0; i < dataset.size(); ++i) all.push_back(dataset.key(i));
  return all;
}

inline std::vector<std::int64_t> labels(const data::Dataset& dataset) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < dataset.size(); ++i) all.push_back(dataset.label(i));
  return all;
}

/// A folder for archives, and what is said while they are opened.
class TarFiles : public ::testing::Test {
 protected:
  std::shared_ptr<const data::Dataset> open(const std::filesystem::path& path) {
    return data::open_images(path, kept_.log());
  }
  std::string refusal(const std::filesystem::path& path) {
    return message_of<DataError>([&] { open(path); });
  }
  TemporaryFolder folder_;
  KeptLog kept_;
};

}  // namespace dbot::test
