#include "dbot/report/pictures/health.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dbot::report {
namespace {

TEST(FeatureHealthFigures, CosineAndRankOfKnownFeatures) {
  FeatureHealth health;
  measure_features(at::eye(4), health);
  EXPECT_EQ(health.width, 4);
  EXPECT_EQ(health.images, 4);
  EXPECT_NEAR(health.mean_cosine, 0, 1e-12);
  EXPECT_NEAR(health.effective_rank, 3, 1e-6);  // centred: three directions of equal size
  measure_features(at::ones({3, 4}) * at::tensor({1.F, 2.F, 5.F}).unsqueeze(1), health);
  EXPECT_NEAR(health.mean_cosine, 1, 1e-6);
  EXPECT_NEAR(health.effective_rank, 1, 1e-4);
}

/// Two images of two patches with one value each and a cls token; all patches masked but one.
methods::MaskedPrediction example() {
  methods::MaskedPrediction prediction;
  prediction.has_cls = true;
  prediction.cls_in_loss = true;
  prediction.target = at::tensor({10.F, 0.F, 4.F, 14.F, 2.F, 6.F}).view({2, 3, 1});
  prediction.prediction = at::tensor({12.F, 1.F, 4.F, 12.F, 1.F, 5.F}).view({2, 3, 1});
  prediction.mask = at::tensor({1.F, 1.F, 1.F, 0.F}).view({2, 2});
  prediction.loss.kind = objectives::LossKind::mse;
  return prediction;
}

TEST(FeatureHealthFigures, LossIsThatOfMaskedPatchesAndCls) {
  EXPECT_NEAR(methods::masked_loss(example()), (4 + 1 + 0 + 4 + 1) / 5.0, 1e-6);
}

TEST(FeatureHealthFigures, ConstantPredictionsAreMeansOverAllAndByPosition) {
  FeatureHealth health;
  measure_prediction(example(), health);
  // cls: mean 12; patches: mean 3, and 1 and 5 by position. Errors over the five counted positions.
  EXPECT_NEAR(health.constant_loss, (4 + 9 + 1 + 4 + 1) / 5.0, 1e-6);
  EXPECT_NEAR(health.position_loss, (4 + 1 + 1 + 4 + 1) / 5.0, 1e-6);
  // Masked patches: targets 0, 4, 2, predictions 1, 4, 1.
  EXPECT_NEAR(health.target_deviation, std::sqrt(8.0 / 3), 1e-6);
  EXPECT_NEAR(health.prediction_deviation, std::sqrt(2.0), 1e-6);
}

/// Three images of four patches with one value each; all are masked.
methods::MaskedPrediction inside_example(const at::Tensor& prediction) {
  methods::MaskedPrediction example;
  example.target =
      at::tensor({1.F, 2.F, 3.F, 8.F, 5.F, 4.F, 9.F, 2.F, 3.F, 6.F, 0.F, 5.F}).view({3, 4, 1});
  example.prediction = prediction.expand({3, 4, 1});
  example.mask = at::ones({3, 4});
  example.loss.kind = objectives::LossKind::mse;
  return example;
}

TEST(PredictionsInside, AreAsDeviatingAsTheirTargetsWhereTheyAreTheSame) {
  ComparedFigures figures;
  methods::MaskedPrediction example = inside_example(at::zeros({3, 4, 1}));
  example.prediction = example.target;
  measure_inside(example, figures);
  // Without position means 3, 4, 4, 5: rows −2 −2 −1 3, 2 0 5 −3, 0 2 −4 0 with means −½, 1, −½.
  EXPECT_NEAR(figures.target_inside, std::sqrt((17.0 + 34 + 19) / 12), 1e-6);
  EXPECT_EQ(figures.prediction_inside, figures.target_inside);
  EXPECT_EQ(figures.way_to_zero, 1);
}

TEST(PredictionsInside, NeitherMeanColoursNorPlacesCount) {
  const at::Tensor colours = at::tensor({3.5F, 5.F, 3.5F}).view({3, 1, 1});
  const at::Tensor places = at::tensor({3.F, 4.F, 4.F, 5.F}).view({1, 4, 1});
  ComparedFigures figures;
  measure_inside(inside_example(colours + places), figures);
  EXPECT_NEAR(figures.prediction_inside, 0, 1e-6);
  EXPECT_GT(figures.target_inside, 2);
}

TEST(PredictionsInside, TheWayBeginsWithTheMeanOfTheOtherImages) {
  // At each position the mean of the two other images: what needs no look at the image.
  const at::Tensor others =
      at::tensor({4.F, 5.F, 4.5F, 3.5F, 2.F, 4.F, 1.5F, 6.5F, 3.F, 3.F, 6.F, 5.F}).view({3, 4, 1});
  ComparedFigures figures;
  measure_inside(inside_example(others), figures);
  EXPECT_NEAR(figures.way_to_zero, 0, 1e-6);
  const at::Tensor target = inside_example(others).target;
  measure_inside(inside_example((others + target) / 2), figures);
  EXPECT_NEAR(figures.way_to_zero, 0.75, 1e-6);  // half the distance, squared
}

TEST(PredictionsInside, MeasureNothingOfOneImage) {
  ComparedFigures figures;
  methods::MaskedPrediction example = inside_example(at::zeros({3, 4, 1}));
  for (at::Tensor* tensor : {&example.target, &example.prediction, &example.mask}) {
    *tensor = tensor->narrow(0, 0, 1);
  }
  measure_inside(example, figures);
  EXPECT_TRUE(std::isnan(figures.prediction_inside));
  EXPECT_TRUE(std::isnan(figures.way_to_zero));
}

TEST(FeatureHealthFigures, ACollapsedPredictionHasNoDeviation) {
  methods::MaskedPrediction prediction = example();
  prediction.prediction = at::full({2, 3, 1}, 3.F);
  FeatureHealth health;
  measure_prediction(prediction, health);
  EXPECT_EQ(health.prediction_deviation, 0);
  EXPECT_GT(health.target_deviation, 1);
}

}  // namespace
}  // namespace dbot::report
