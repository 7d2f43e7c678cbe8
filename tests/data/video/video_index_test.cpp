#include "dbot/data/video/video_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string_view>

#include "dbot/core/files/files.h"
#include "dbot/data/image/orientation.h"
#include "tests/data/video/videos.h"

namespace dbot::data {
namespace {

using ::testing::HasSubstr;

class VideoIndexes : public test::Videos {};

TEST_F(VideoIndexes, SaysFramesRateSizeAndKeyFrames) {
  const auto found = index(test::video_path("small.mp4"));
  EXPECT_EQ(found.frames, 30);
  EXPECT_EQ(found.rate, 10);
  EXPECT_EQ(found.height, 48);
  EXPECT_EQ(found.width, 64);
  EXPECT_EQ(found.codec, "h264");
  EXPECT_TRUE(found.times.empty()) << "frames are evenly apart";
  ASSERT_EQ(found.keys.size(), 3U);
  EXPECT_EQ(found.keys[1].frame, 10);
  EXPECT_EQ(found.key_before(9)->frame, 0);
  EXPECT_EQ(found.key_before(29)->frame, 20);
  EXPECT_FALSE(found.decoded);
}

TEST_F(VideoIndexes, OfUnevenTurnedGreyAndUntimedVideos) {
  const auto uneven = index(test::video_path("uneven.mkv"));
  EXPECT_EQ(uneven.frames, 22);
  EXPECT_EQ(uneven.times.size(), 22U);
  const auto turned = index(test::video_path("turned.mp4"));
  EXPECT_EQ(upright_size(turned), (core::Size{64, 48}));
  const auto grey = index(test::video_path("grey.mkv"));
  EXPECT_EQ(upright_size(grey), (core::Size{27, 35}));
  // MPEG-4 in AVI has no times for frames that are predicted from later ones.
  const auto counted = index(test::video_path("counted.avi"));
  EXPECT_EQ(counted.frames, 15);
  EXPECT_TRUE(counted.counted);
  EXPECT_TRUE(index(test::video_path("hidden.webm")).decoded);
}

TEST_F(VideoIndexes, BrokenFilesAreRefusedWithTheReason) {
  EXPECT_THAT(refusal(test::video_path("audio.mp4")),
              HasSubstr("has no video stream, audio alone"));
  EXPECT_THAT(refusal(test::video_path("none.mp4")), HasSubstr("has no video stream"));
  EXPECT_THAT(refusal(cut("small.mp4", 3000)), HasSubstr("cut short"));
  EXPECT_THAT(refusal(written("text.mp4", {'n', 'o', 't', 'h', 'i', 'n', 'g'})),
              HasSubstr("is no video"));
  EXPECT_THAT(refusal(written("empty.mp4", {})), HasSubstr("is empty"));
  EXPECT_THAT(refusal(folder_ / "missing.mp4"), HasSubstr("cannot be examined"));
}

/// Where a word of four letters stands.
std::size_t place_of(const std::vector<std::uint8_t>& bytes, std::string_view word) {
  const auto found = std::ranges::search(bytes, word);
  EXPECT_FALSE(found.empty()) << word;
  return static_cast<std::size_t>(found.begin() - bytes.begin());
}

TEST_F(VideoIndexes, AHeadWithoutFramesIsRefused) {
  auto bytes = test::bytes_of(test::video_path("counted.avi"));
  bytes.resize(place_of(bytes, "movi") + 4);
  EXPECT_THAT(refusal(written("head.avi", bytes)), HasSubstr("has no frame"));
}

TEST_F(VideoIndexes, ARateOfZeroInAviIsFfmpegs25) {
  auto bytes = test::bytes_of(test::video_path("counted.avi"));
  const auto rate = place_of(bytes, "strh") + 32, spacing = place_of(bytes, "avih") + 8;
  for (std::size_t i = 0; i < 4; ++i) bytes[rate + i] = bytes[spacing + i] = 0;
  EXPECT_EQ(index(written("rate.avi", bytes)).rate, 25);
}

TEST_F(VideoIndexes, LimitsHold) {
  const auto path = test::video_path("small.mp4");
  EXPECT_THAT(refusal(path, {.most_pixels = 3000}), HasSubstr("64x48 pixels, expected at most"));
  EXPECT_THAT(refusal(path, {.most_frames = 29}), HasSubstr("has more than 29 frames"));
  EXPECT_THAT(refusal(path, {.most_seconds = 1e-9}), HasSubstr("takes more than 1e-09 seconds"));
  EXPECT_THAT(test::message_of<UsageError>([] { check_video_limits({.most_frames = 0}); }),
              HasSubstr("expected positive numbers"));
}

/// Bytes changed anywhere: a reason or an index, never a crash or a hang.
TEST_F(VideoIndexes, DamageAnywhereIsAReasonOrAnIndex) {
  for (const char* name : {"small.mp4", "uneven.mkv", "counted.avi"}) {
    const auto sound = test::bytes_of(test::video_path(name));
    for (std::size_t place = 0; place < sound.size(); place += 97) {
      auto bytes = sound;
      for (std::size_t i = place; i < std::min(place + 4, bytes.size()); ++i) bytes[i] ^= 0xFFU;
      const auto path = written(name, bytes);
      try {
        const auto found = index(path, {.most_seconds = 5});
        EXPECT_GT(found.frames, 0);
        EXPECT_GT(found.rate, 0);
      } catch (const DataError& error) {
        EXPECT_THAT(error.what(), HasSubstr(name));
      }
    }
  }
}

TEST_F(VideoIndexes, TextHoldsForItsPlaceAlone) {
  const auto path = test::video_path("uneven.mkv").string();
  const auto place = video_file(path);
  const auto found = index(path);
  const auto text = pack_video_index(found, place);
  const auto again = unpack_video_index(text, place);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, found);
  auto later = place;
  ++later.modified;
  EXPECT_FALSE(unpack_video_index(text, later));
  for (std::size_t i = 0; i < text.size(); i += 11) {
    auto damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(unpack_video_index(damaged, place)) << i;
    EXPECT_FALSE(unpack_video_index(text.substr(0, i), place)) << i;
  }
}

TEST_F(VideoIndexes, RefusesNumbersThatNoIndexHolds) {
  const auto path = test::video_path("small.mp4").string();
  const auto place = video_file(path);
  const auto packed = pack_video_index(index(path), place);
  const auto sound = packed.substr(packed.find('{'));
  ASSERT_TRUE(parse_video_index(sound, place));
  for (const std::string_view value :
       {"4.8e30", "0.5", "-1", "1e400", "9223372036854775808", "9"}) {
    auto changed = sound;
    const auto begin = changed.find("\"orientation\":") + 14;
    changed.replace(begin, 1, value);
    EXPECT_FALSE(parse_video_index(changed, place)) << value;
  }
  for (const std::string_view key : {"height", "width", "frames"}) {
    auto changed = sound;
    const auto begin = changed.find(fmt::format("\"{}\":", key)) + key.size() + 3;
    changed.replace(begin, changed.find_first_of(",}", begin) - begin, "4.8e30");
    EXPECT_FALSE(parse_video_index(changed, place)) << key;
  }
}

/// The RGB frames of a file, interleaved, in one checksum.
std::string checksum_of(const std::vector<std::uint8_t>& planar, std::size_t pixels) {
  std::vector<std::uint8_t> interleaved(planar.size());
  for (std::size_t frame = 0; frame < planar.size(); frame += 3 * pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        interleaved[frame + 3 * i + c] = planar[frame + c * pixels + i];
      }
    }
  }
  return core::checksum(std::as_bytes(std::span(interleaved)));
}

/// All frames, each sought by itself. The checksums are of PyAV 18.1's
/// frame.to_ndarray(format="rgb24"), one frame behind the other.
TEST_F(VideoIndexes, FramesArePyAvs) {
  struct Expected {
    const char* name;
    std::int64_t frames;
    const char* checksum;
  };
  for (const auto& [name, count, checksum] :
       {Expected{"small.mp4", 30, "c5cefb9f4304b2e6a8953a35a62606b9"},
        Expected{"uneven.mkv", 22, "c8fd158b03f9ed82d5887e384ba0756a"},
        Expected{"grey.mkv", 6, "a5ea197d280fff0195cb2551fb799ff0"},
        Expected{"hidden.webm", 15, "5e72ef37e726600a597c0ce3757d24ac"},
        Expected{"counted.avi", 15, "fd57d427ebe9d37079c222241a8c9a21"}}) {
    const auto known = index(test::video_path(name));
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto pixels = static_cast<std::size_t>(known.height * known.width);
    EXPECT_EQ(checksum_of(frames(test::video_path(name), numbers), pixels), checksum) << name;
  }
}

/// A turned video shows what its stored frames show, turned.
TEST_F(VideoIndexes, TurnedFramesAreTheStoredOnesTurned) {
  const auto path = test::video_path("turned.mp4");
  const auto upright = frames(path, {3});
  auto stored = index(path);
  ASSERT_EQ(stored.orientation, 8);  // a quarter counter-clockwise
  stored.orientation = 1;
  std::vector<std::uint8_t> lying(upright.size());
  ClipRequest request{{3}, ResizeWindow::whole({0, 0, 48, 64}, {48, 64}), false, lying.data()};
  ASSERT_TRUE(decode_clips(module_, video_file(path.string()), "v", stored, {}, {&request, 1}));
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t y = 0; y < 64; ++y) {
      for (std::size_t x = 0; x < 48; ++x) {
        ASSERT_EQ(upright[(c * 64 + y) * 48 + x], lying[(c * 48 + x) * 64 + 63 - y]);
      }
    }
  }
}

/// Real videos: DBOT_DATA_DIR/weizmann36.
TEST_F(VideoIndexes, RealVideosDecodeAlikeInAnyOrder) {
  const char* data = std::getenv("DBOT_DATA_DIR");
  const std::filesystem::path root = data == nullptr ? "" : data;
  if (!std::filesystem::is_directory(root / "weizmann36")) {
    GTEST_SKIP() << "DBOT_DATA_DIR names no folder with weizmann36";
  }
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "weizmann36")) {
    if (entry.path().extension() != ".mp4" || ++seen > 6) continue;
    const auto known = index(entry.path());
    const std::vector<std::int64_t> forward{0, known.frames / 2, known.frames - 1};
    const auto there = frames(entry.path(), forward);
    const auto back = frames(entry.path(), {forward[2], forward[1], forward[0]});
    const auto bytes = there.size() / 3;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(std::equal(there.begin() + static_cast<std::ptrdiff_t>(i * bytes),
                             there.begin() + static_cast<std::ptrdiff_t>((i + 1) * bytes),
                             back.begin() + static_cast<std::ptrdiff_t>((2 - i) * bytes)));
    }
  }
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace dbot::data
