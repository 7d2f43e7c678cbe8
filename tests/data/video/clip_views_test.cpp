#include "dbot/data/video/clip_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/random.h"

namespace dbot::data {
namespace {

using ::testing::ElementsAre;

TEST(ClipViews, LengthCountsFramesOfTheVideo) {
  EXPECT_NEAR(clip_length({16, 4, 30}, 25), 53.3333, 1e-4);
  EXPECT_EQ(clip_length({16, 4, 0}, 25), 64) << "the video's own rate";
}

TEST(ClipViews, ShortVideosRepeatTheirLastFrame) {
  const double length = clip_length({8, 2, 0}, 25);
  EXPECT_EQ(random_start(0.9, 5, length), 0);
  EXPECT_THAT(clip_frames(0, length, 8, 5), ElementsAre(0, 2, 4, 4, 4, 4, 4, 4));
  EXPECT_THAT(clip_frames(0, 1, 1, 5), ElementsAre(0));
}

TEST(ClipViews, ViewsGoFromTheFirstFrameToTheLast) {
  EXPECT_EQ(view_start(0, 1, 100, 40), 30);
  EXPECT_EQ(view_start(0, 5, 100, 40), 0);
  EXPECT_EQ(view_start(4, 5, 100, 40), 60);
  EXPECT_EQ(view_start(4, 5, 100, 40, ViewSpacing::open), 48);
}

TEST(ClipViews, SideViewsCoverTheLongerSide) {
  const auto last = side_view(24, 33, 16, 2);
  EXPECT_EQ(last.scaled, (core::Size{16, 22}));
  EXPECT_EQ(last.left, 6);
  EXPECT_EQ(side_view(24, 33, 16, 1).left, 3);
  EXPECT_EQ(side_view(37, 20, 16, 2).top, 13);
  EXPECT_EQ(side_view(16, 30, 16, 2).scaled, (core::Size{16, 30})) << "nothing to scale";
}

/// uint8 beside the float routine of normalised pixels: at most half a level, in any window.
TEST(Bilinear, BytesAreTheReferenceToHalfALevel) {
  constexpr int kHeight = 41, kWidth = 53;
  core::Random random({.seed = 3});
  at::Tensor pixels = at::empty({kHeight, kWidth, 3}, at::TensorOptions(at::kByte));
  for (std::int64_t i = 0; i < pixels.numel(); ++i) {
    pixels.data_ptr<std::uint8_t>()[i] = static_cast<std::uint8_t>(random.next());
  }
  const at::Tensor normalised = (pixels.permute({2, 0, 1}).to(at::kFloat) / 255 - 0.45) / 0.225;
  for (const ResizeWindow& window :
       {ResizeWindow::whole({3, 5, 30, 41}, {16, 19}),
        ResizeWindow::whole({0, 0, 41, 53}, {80, 77}), ResizeWindow::whole({40, 52, 1, 1}, {4, 5}),
        side_view(kHeight, kWidth, 24, 1), ResizeWindow::whole({0, 0, 41, 53}, {41, 53})}) {
    for (const bool mirror : {false, true}) {
      const auto [height, width] = window.size;
      at::Tensor bytes = at::empty({3, height, width}, at::TensorOptions(at::kByte));
      const auto rows = rows_of(window);
      const auto* first = pixels.const_data_ptr<std::uint8_t>() + rows.top * kWidth * 3;
      resize_window({first, std::ptrdiff_t{kWidth} * 3, rows.top}, window, mirror,
                    bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(height * width));
      at::Tensor expected = (resize_reference(normalised, window) * 0.225 + 0.45) * 255;
      if (mirror) expected = expected.flip(-1);
      const double most = (bytes.to(at::kFloat) - expected).abs().max().item<double>();
      EXPECT_LE(most, 0.5 + 1e-3);
    }
  }
}

}  // namespace
}  // namespace dbot::data
