#include "dbot/report/pictures/compared.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/random.h"
#include "dbot/report/pictures/components/principal_components.h"
#include "tests/report/fake_method.h"

namespace dbot::report {
namespace {

/// Normal numbers.
at::Tensor normal_rows(std::int64_t rows, std::int64_t width, std::uint64_t seed) {
  core::Random random({.seed = seed});
  at::Tensor values = at::empty({rows, width}, at::kDouble);
  auto* value = values.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < values.numel(); ++i) value[i] = random.normal();
  return values;
}

TEST(RankMe, OfOrthogonalIdenticalAndProportionalFeatures) {
  EXPECT_NEAR(rank_me(at::eye(8)), 8, 1e-3);
  EXPECT_NEAR(rank_me(at::ones({20, 8})), 1, 1e-3);
  EXPECT_NEAR(rank_me(normal_rows(20, 1, 1) * at::ones({1, 8})), 1, 1e-3);
  EXPECT_EQ(rank_me(at::zeros({5, 8})), 0);
}

TEST(RankMe, AddsEpsilonToEachShare) {
  // Singular values 3 and 1, and ε = 10⁻⁷: arXiv 2210.02885, equation 1.
  const at::Tensor rows = at::tensor({3.0, 0.0, 0.0, 1.0}).view({2, 2});
  const double one = 0.75 + 1e-7, other = 0.25 + 1e-7;
  EXPECT_NEAR(rank_me(rows), std::exp(-one * std::log(one) - other * std::log(other)), 1e-12);
}

TEST(ComparedFeatures, DoNotDependOnTheOrderOfTheImages) {
  const at::Tensor first = normal_rows(30, 6, 1), second = first + 0.7 * normal_rows(30, 6, 2);
  const at::Tensor order = (at::arange(30) * 7) % 30;  // 7 and 30 have no common factor
  ComparedFigures as_they_are, mixed;
  measure_compared_features(first, as_they_are);
  measure_compared_features(first.index_select(0, order), mixed);
  EXPECT_NEAR(as_they_are.rank_me, mixed.rank_me, 1e-9);
  EXPECT_NEAR(as_they_are.effective_rank, mixed.effective_rank, 1e-9);
  EXPECT_NEAR(as_they_are.mean_cosine, mixed.mean_cosine, 1e-12);
  const CropAgreement agreement = crop_agreement(first, second);
  const CropAgreement moved =
      crop_agreement(first.index_select(0, order), second.index_select(0, order));
  EXPECT_GT(agreement.own_nearest, 0.2);
  EXPECT_LT(agreement.own_nearest, 1);
  EXPECT_NEAR(agreement.own_nearest, moved.own_nearest, 1e-12);
  EXPECT_NEAR(agreement.shared_neighbours, moved.shared_neighbours, 1e-12);
}

TEST(CropAgreementTest, OfTheSameFeaturesIsWhole) {
  const at::Tensor features = normal_rows(40, 6, 3);
  const CropAgreement agreement = crop_agreement(features, 5 * features);
  EXPECT_EQ(agreement.own_nearest, 1);
  EXPECT_EQ(agreement.shared_neighbours, 1);
}

TEST(CropAgreementTest, OfFeaturesThatAreAllAlikeIsNone) {
  EXPECT_EQ(crop_agreement(at::full({40, 6}, 0.3), at::full({40, 6}, 0.3)).own_nearest, 0);
  // Such features, but for rounding.
  const at::Tensor nearly = at::full({40, 6}, 0.3F) + 1e-7 * normal_rows(40, 6, 4);
  EXPECT_EQ(crop_agreement(nearly, at::full({40, 6}, 0.3)).own_nearest, 0);
}

TEST(CropAgreementTest, OfFeaturesWithoutAnythingInCommonIsChance) {
  const CropAgreement agreement = crop_agreement(normal_rows(400, 8, 5), normal_rows(400, 8, 6));
  EXPECT_LT(agreement.own_nearest, 0.02);  // 1 of 400
  EXPECT_NEAR(agreement.shared_neighbours, 10.0 / 399, 0.01);
}

TEST(CropAgreementTest, CountsImagesWhoseOwnSecondCropIsNearest) {
  // Image 2 looks like image 1 in its second crop, images 0 and 1 like themselves.
  const at::Tensor first = at::eye(3, at::kDouble);
  const at::Tensor second = at::tensor({1.0, 0.1, 0.0, 0.0, 1.0, 0.1, 0.1, 0.9, 0.0}).view({3, 3});
  EXPECT_NEAR(crop_agreement(first, second).own_nearest, 2.0 / 3, 1e-12);
  EXPECT_TRUE(std::isnan(crop_agreement(first.narrow(0, 0, 1), first.narrow(0, 0, 1)).own_nearest));
}

TEST(RandomCrops, ArePartsOfTheirImagesAndDrawnBySeedAndView) {
  // Brightness rises to the right by 4 a pixel and downwards by 1.
  const at::Tensor image = (4 * at::arange(40).view({1, 40}) + at::arange(40).view({40, 1}))
                               .to(at::kByte)
                               .expand({6, 3, 40, 40})
                               .contiguous();
  const at::Tensor crops = random_crops(image, 7, 0);
  EXPECT_EQ(crops.sizes(), image.sizes());
  EXPECT_TRUE(at::equal(crops, random_crops(image, 7, 0)));
  EXPECT_FALSE(at::equal(crops, random_crops(image, 7, 1)));
  EXPECT_FALSE(at::equal(crops, random_crops(image, 8, 0)));
  EXPECT_FALSE(at::equal(crops[0], crops[1]));
  for (std::int64_t i = 0; i < crops.size(0); ++i) {
    // From the left to the right edge of a crop of 60 to 90 % of 40 pixels; never mirrored.
    const int rise = crops[i][0][20][39].item<int>() - crops[i][0][20][0].item<int>();
    EXPECT_GE(rise, 4 * 22) << i;
    EXPECT_LE(rise, 4 * 36) << i;
  }
}

TEST(CompareFeatures, LooksAtAsManyImagesAsItIsTold) {
  const FakeMethod method;
  PictureSamples samples;
  samples.images =
      (255 * normal_rows(48, 3 * 8 * 8, 8).sigmoid()).to(at::kByte).view({48, 3, 8, 8});
  samples.ids.resize(48);
  CompareSettings settings;
  settings.look.mean = settings.look.std = {0.5, 0.5, 0.5};
  const auto compared = [&](std::int64_t images) {
    ComparedFigures figures;
    settings.images = images;
    compare_features(method.backbone(), samples, settings, figures, {});
    return figures;
  };
  EXPECT_EQ(compared(0).images, 48);
  EXPECT_EQ(compared(20).images, 20);
  EXPECT_EQ(compared(300).images, 48);
  EXPECT_EQ(compared(20).own_crop_nearest, compared(20).own_crop_nearest);
  // A network whose features are all alike.
  method.backbone().parameters()->flat_values().zero_();
  EXPECT_EQ(compared(0).own_crop_nearest, 0);
  EXPECT_EQ(compared(0).effective_rank, 0);
}

}  // namespace
}  // namespace dbot::report
