#include "dbot/report/pictures/masked_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dbot/core/files/files.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/normalise.h"
#include "dbot/objectives/target.h"
#include "dbot/ops/patchify.h"
#include "tests/core/temporary_folder.h"

namespace dbot::report {
namespace {

/// Two 8×8 images of four patches, predicted without error: patches 1 and 2 are masked.
struct Example {
  at::Tensor pixels;
  methods::MaskedPrediction prediction;

  explicit Example(bool standardised) {
    pixels = (at::arange(2 * 3 * 64, at::kLong) * 37 % 251).to(at::kByte).view({2, 3, 8, 8});
    pixels[0].narrow(1, 0, 4).narrow(2, 4, 4).fill_(9);  // a flat patch has no deviation
    prediction.mean = {0.5, 0.4, 0.3};
    prediction.std = {0.2, 0.3, 0.25};
    prediction.images = data::normalise(pixels, prediction.mean, prediction.std);
    prediction.mask = at::tensor({0.F, 1.F, 1.F, 0.F}).expand({2, 4});
    prediction.pixels = true;
    prediction.standardised = standardised;
    prediction.patch_size = 4;
    prediction.target = objectives::pixel_target(
        prediction.images, 4,
        standardised ? objectives::Normalisation::patch : objectives::Normalisation::none);
    prediction.prediction = prediction.target.clone();
    prediction.loss.kind = objectives::LossKind::mse;
  }
};

TEST(Reconstruction, OfAPerfectPredictionIsTheImageInItsTrueColours) {
  for (const bool standardised : {false, true}) {
    const Example example(standardised);
    EXPECT_TRUE(at::equal(reconstructed_pixels(example.prediction), example.pixels))
        << standardised;
  }
}

TEST(Reconstruction, ShowsThePredictionWhereMaskedAndTheImageElsewhere) {
  Example example(false);
  example.prediction.prediction.fill_(0);  // every channel's mean
  const at::Tensor found = reconstructed_pixels(example.prediction);
  EXPECT_TRUE(at::equal(found[1].narrow(1, 0, 4).narrow(2, 0, 4),
                        example.pixels[1].narrow(1, 0, 4).narrow(2, 0, 4)));
  EXPECT_EQ(found[1][0][0][4].item<int>(), 128);  // 0.5 of 255, rounded
  EXPECT_EQ(found[1][1][0][4].item<int>(), 102);
  EXPECT_NEAR(found[1][2][4][3].item<int>(), 76.5, 0.5);
}

TEST(Reconstruction, AStandardisedPredictionKeepsItsPatchesMeanAndDeviation) {
  Example example(true);
  example.prediction.prediction.fill_(0);  // every patch its own mean
  const at::Tensor found = reconstructed_pixels(example.prediction);
  EXPECT_EQ(found[0][0][0][4].item<int>(),
            found[0][0][3][7].item<int>());  // the flat patch stays flat
  const at::Tensor patch = ops::patchify(example.prediction.images, 4)[1][1];
  const double mean = patch.mean().item<double>() * 0.2 + 0.5;
  EXPECT_NEAR(found[1][0][0][4].item<double>(), 255 * mean, 0.51);
}

data::Image decoded(const std::filesystem::path& file) {
  const std::string bytes = core::read_text_file(file);
  return data::decode_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, 3,
                            file.string());
}

TEST(MaskedPictures, PixelsAreDrawnAsOriginalMaskedAndReconstruction) {
  const test::TemporaryFolder folder;
  const Example example(true);
  const PictureGroup group =
      draw_masked_pictures(example.prediction, example.pixels, {"a.png", "b.png"}, {folder.path()});
  EXPECT_EQ(group.kind, "reconstruction");
  ASSERT_EQ(group.pictures.size(), 2U);
  EXPECT_EQ(group.pictures[1].name, "b.png");
  EXPECT_EQ(group.pictures[1].caption, "loss 0.0000");
  const data::Image image = decoded(folder / group.pictures[1].file);
  ASSERT_EQ(image.height, 112);
  ASSERT_EQ(image.width, 3 * 112 + 2 * 4);
  const auto at = [&](int y, int x) {
    return image
        .pixels[static_cast<std::size_t>(y) * image.row_bytes() + static_cast<std::size_t>(3 * x)];
  };
  for (const int x : {0, 40, 60, 111}) {
    EXPECT_EQ(at(20, x), example.pixels[1][0][20 / 14][x / 14].item<int>());  // original
    EXPECT_EQ(at(20, x + 232), at(20, x));                                    // reconstruction
    const bool masked = x >= 56;
    EXPECT_EQ(at(20, x + 116), masked ? 118 : at(20, x));
  }
}

TEST(MaskedPictures, EqualFeaturesHaveEqualColours) {
  const test::TemporaryFolder folder;
  Example example(false);
  example.prediction.pixels = false;
  example.prediction.has_cls = true;
  example.prediction.cls_in_loss = true;
  example.prediction.target = (at::arange(2 * 5 * 6, at::kFloat) * 1.7).sin().view({2, 5, 6});
  example.prediction.prediction = example.prediction.target.clone();
  const PictureGroup group =
      draw_masked_pictures(example.prediction, example.pixels, {"a.png", "b.png"}, {folder.path()});
  EXPECT_EQ(group.kind, "features");
  const data::Image image = decoded(folder / group.pictures[0].file);
  ASSERT_EQ(image.width, 4 * 112 + 3 * 4);
  const auto at = [&](int y, int x, int tile) {
    const std::uint8_t* pixel = image.pixels.data() +
                                static_cast<std::size_t>(y) * image.row_bytes() +
                                static_cast<std::size_t>(3 * (x + 116 * tile));
    return std::vector<int>{pixel[0], pixel[1], pixel[2]};
  };
  EXPECT_EQ(at(10, 80, 2), at(10, 80, 3));  // masked: as predicted
  EXPECT_EQ(at(80, 10, 2), at(80, 10, 3));
  EXPECT_NE(at(10, 10, 2), at(10, 10, 3));  // visible: faded
  EXPECT_NE(at(10, 80, 2), at(80, 10, 2));
}

}  // namespace
}  // namespace dbot::report
