#include "dbot/exchange/kinds/preprocessing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"

namespace dbot::exchange {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Preprocessing : public testing::Test {
 protected:
  FolderDescription read(const std::string& json) {
    const auto path = folder_ / "preprocessor_config.json";
    std::ofstream(path) << json;
    FolderDescription description;
    read_preprocessing(path, description);
    return description;
  }

  std::string refusal(const std::string& json) {
    try {
      read(json);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }

  /// What the network sees of a pixel in 0…1, as Hugging Face's processor gives it.
  void expect_same(const std::string& json, double black, double white) {
    const FolderDescription found = read(json);
    ASSERT_EQ(found.mean.size(), found.std.size());
    ASSERT_FALSE(found.mean.empty());
    EXPECT_NEAR((0 - found.mean[0]) / found.std[0], black, 1e-9);
    EXPECT_NEAR((1 - found.mean[0]) / found.std[0], white, 1e-6);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Preprocessing, IsFollowedInEveryFieldOfPixels) {
  const std::string half = R"("image_mean": [0.5], "image_std": [0.5])";
  expect_same("{" + half + "}", -1, 1);
  expect_same(R"({"do_normalize": false, )" + half + "}", 0, 1);
  expect_same(R"({"do_normalize": false})", 0, 1);
  expect_same(R"({"rescale_factor": 0.00784313725490196, "do_normalize": false})", 0, 2);
  expect_same(R"({"rescale_factor": 0.00784313725490196, "offset": true, "do_normalize": false})",
              -1, 1);
  expect_same(R"({"rescale_factor": 0.00784313725490196, "rescale_offset": true, )" + half + "}",
              -3, 1);
  expect_same(R"({"do_rescale": false, "do_normalize": false})", 0, 255);
  expect_same(R"({"do_rescale": false, "rescale_factor": 0.5, "image_mean": [127.5],
                  "image_std": [127.5]})",
              -1, 1);
  expect_same(R"({"image_mean": 0.5, "image_std": 0.5})", -1, 1);
  // The usual factor changes no bit.
  EXPECT_THAT(read(R"({"rescale_factor": 0.00392156862745098, "image_mean": [0.485, 0.456, 0.406],
                       "image_std": [0.229, 0.224, 0.225]})")
                  .mean,
              ElementsAre(0.485, 0.456, 0.406));
}

TEST_F(Preprocessing, IsRefusedWhereDbotDoesOtherwise) {
  EXPECT_THAT(refusal(R"({"do_flip_channel_order": true})"), HasSubstr("do_flip_channel_order"));
  EXPECT_THAT(refusal(R"({"do_something_new": true})"), HasSubstr("do_something_new"));
  EXPECT_EQ(refusal(R"({"do_flip_channel_order": false})"), "accepted");
  EXPECT_THAT(refusal(R"({"do_normalize": "no"})"), HasSubstr("do_normalize"));
  EXPECT_THAT(refusal(R"({"image_mean": [0.5, 0.5, 0.5]})"), HasSubstr("image_std"));
  EXPECT_THAT(refusal(R"({"image_mean": [0.5], "image_std": [0]})"), HasSubstr("image_std"));
  EXPECT_THAT(refusal(R"({"do_rescale": false})"), HasSubstr("image_mean"));
  EXPECT_THAT(refusal(R"({"rescale_factor": -1, "do_normalize": false})"),
              HasSubstr("rescale_factor"));
}

TEST_F(Preprocessing, SaysWhatItDoesInItsOwnWay) {
  EXPECT_THAT(read(R"({"image_processor_type": "ViTImageProcessor", "do_resize": true,
                       "do_convert_rgb": true, "do_center_crop": true, "resample": 3,
                       "crop_size": {"height": 224, "width": 224}})")
                  .not_followed,
              IsEmpty());
  EXPECT_THAT(read(R"({"do_resize": false, "size": {"shortest_edge": 256}, "resample": 2,
                       "novelty": 1})")
                  .not_followed,
              testing::UnorderedElementsAre(HasSubstr("do_resize false"), HasSubstr("size {"),
                                            HasSubstr("resample 2"), HasSubstr("novelty 1")));
}

}  // namespace
}  // namespace dbot::exchange
