#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/video/decode_clips.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::test {

/// tests/data/video/files, made by make_videos.sh.
inline std::filesystem::path video_path(const std::string& name) {
  return "tests/data/video/files/" + name;
}

/// Tests that read videos; they are skipped where the module is not built.
class Videos : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      module_ = data::VideoModule::load();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  data::VideoIndex index(const std::filesystem::path& path, const data::VideoLimits& limits = {}) {
    return data::index_video(module_, data::video_file(path.string()), path.string(), limits);
  }
  std::string refusal(const std::filesystem::path& path, const data::VideoLimits& limits = {}) {
    return message_of<DataError>([&] { index(path, limits); });
  }
  /// A file of changed bytes.
  std::filesystem::path written(const std::string& name, const std::vector<std::uint8_t>& bytes) {
    write_bytes(folder_ / name, bytes);
    return folder_ / name;
  }
  std::filesystem::path cut(const std::string& name, std::size_t bytes) {
    auto content = bytes_of(video_path(name));
    content.resize(bytes);
    return written("cut-" + name, content);
  }

  /// Frames as they are shown, one behind the other: [3, height, width] each.
  std::vector<std::uint8_t> frames(const std::filesystem::path& path,
                                   const std::vector<std::int64_t>& numbers) {
    const auto known = index(path);
    const auto size = data::upright_size(known);
    const data::Crop all{0, 0, static_cast<int>(size.height), static_cast<int>(size.width)};
    std::vector<std::uint8_t> result, clip(static_cast<std::size_t>(3 * size.height * size.width));
    for (const auto number : numbers) {
      data::ClipRequest request{{number}, data::ResizeWindow::whole(all, size), false, clip.data()};
      const bool there = data::decode_clips(module_, data::video_file(path.string()), path.string(),
                                            known, {}, {&request, 1});
      EXPECT_TRUE(there) << "frame " << number;
      result.insert(result.end(), clip.begin(), clip.end());
    }
    return result;
  }

  std::shared_ptr<const data::VideoModule> module_;
  TemporaryFolder folder_;
};

}  // namespace dbot::test
