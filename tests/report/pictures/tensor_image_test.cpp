#include "dbot/report/pictures/tensor_image.h"

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbot::report {
namespace {

using ::testing::ElementsAre;

/// One image of one pixel, whose channels are 0, 10, 20, ….
at::Tensor channels_of_tens(std::int64_t channels) {
  return at::arange(0, 10 * channels, 10, at::kByte).view({1, channels, 1, 1});
}

std::vector<std::uint8_t> shown(std::int64_t channels, const std::vector<std::int64_t>& chosen) {
  return image_of(shown_channels(channels_of_tens(channels), chosen)[0]).pixels;
}

TEST(TensorImage, ShowsTheFirstThreeChannelsOrChosenOnes) {
  EXPECT_THAT(shown(3, {}), ElementsAre(0, 10, 20));
  EXPECT_THAT(shown(6, {}), ElementsAre(0, 10, 20));
  EXPECT_THAT(shown(6, {5, 3, 1}), ElementsAre(50, 30, 10));
  EXPECT_THAT(shown(6, {4}), ElementsAre(40, 40, 40));
  EXPECT_THAT(shown(2, {}), ElementsAre(0, 0, 0));
  EXPECT_THAT(shown(1, {}), ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace dbot::report
