#include "dbot/report/pictures/set/png_write.h"

#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/random.h"
#include "dbot/data/image/codec.h"
#include "tests/core/temporary_folder.h"

namespace dbot::report {
namespace {

data::Image noise(int height, int width, int channels) {
  core::Random random({3, core::Purpose::statistics, 0, 0, 0});
  data::Image image{height, width, channels, {}};
  for (std::size_t i = 0; i < image.row_bytes() * height; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  return image;
}

TEST(PngWrite, DecodesBackToTheSamePixels) {
  const test::TemporaryFolder folder;
  for (const int channels : {1, 3}) {
    const data::Image image = noise(13, 29, channels);
    const auto file = folder / "a.png";
    write_png(file, image);
    const std::string bytes = core::read_text_file(file);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const data::Image read = data::decode_image({begin, bytes.size()}, channels, "a.png");
    EXPECT_EQ(read.height, 13);
    EXPECT_EQ(read.width, 29);
    EXPECT_EQ(read.pixels, image.pixels);
    EXPECT_EQ(encode_png(image), bytes);
  }
}

TEST(PngWrite, RefusesImagesThatAreNone) {
  EXPECT_THROW(encode_png({0, 4, 3, {}}), Error);
  EXPECT_THROW(encode_png({1, 1, 2, {0, 0}}), Error);
  EXPECT_THROW(encode_png({2, 2, 3, std::vector<std::uint8_t>(11)}), Error);
  EXPECT_THROW(encode_png({1, most_png_side + 1, 1, std::vector<std::uint8_t>(most_png_side + 1)}),
               Error);
}

TEST(PngWrite, FailsWithAReasonWhereNothingCanBeWritten) {
  EXPECT_THROW(write_png("/nonexistent-folder/a.png", noise(2, 2, 3)), Error);
}

}  // namespace
}  // namespace dbot::report
