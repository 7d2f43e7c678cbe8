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
