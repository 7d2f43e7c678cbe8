#include "dbot/methods/classification/held_out_accuracy.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "dbot/core/error.h"

namespace dbot::methods {
namespace {

/// Says what it was given, row by row, for samples 0, 1, …
class SaysAsTold final : public ClassifyingCapability {
 public:
  explicit SaysAsTold(std::int64_t classes) : names_(static_cast<std::size_t>(classes), "class") {}

  const std::vector<std::string>& classes() const override { return names_; }
  at::Tensor logits(const data::Batch& batch, runtime::Precision /*precision*/) const override {
    return said.narrow(0, batch.sample_ids.front(), batch.size());
  }

  at::Tensor said;

 private:
  std::vector<std::string> names_;
};

data::Batch samples_from(std::int64_t first, std::vector<std::int64_t> labels) {
  data::Batch batch;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    batch.sample_ids.push_back(first + static_cast<std::int64_t>(i));
  }
  batch.labels = std::move(labels);
  return batch;
}

std::map<std::string, double> values_of(const HeldOutFigures& figures) {
  return {figures.values.begin(), figures.values.end()};
}

TEST(HeldOutAccuracy, IsOfAllBatchesAndDecidesByTop1) {
  SaysAsTold classifier(3);
  classifier.said = at::tensor({2.0F, 1.0F, 0.0F,   // label 0: right
                                2.0F, 1.0F, 0.0F,   // label 1: wrong
                                0.0F, 0.0F, 3.0F})  // label 2: right
                        .view({3, 3});
  const auto measure = measure_accuracy(classifier);
  measure->add(samples_from(0, {0, 1}), {}, runtime::Precision::fp32);
  measure->add(samples_from(2, {2}), {}, runtime::Precision::fp32);
  const HeldOutFigures figures = measure->figures();
  EXPECT_TRUE(figures.higher_is_better);
  ASSERT_EQ(figures.values.size(), 2U) << "five of three classes say nothing";
  EXPECT_EQ(figures.values[0].first, "top1");
  EXPECT_NEAR(figures.values[0].second, 200.0 / 3, 1e-9);
  const double first = std::log(std::exp(2.0) + std::exp(1.0) + 1);
  const double expected = ((first - 2) + (first - 1) + std::log(2 + std::exp(3.0)) - 3) / 3;
  EXPECT_EQ(figures.values[1].first, "loss");
  EXPECT_NEAR(figures.values[1].second, expected, 1e-6) << "a mean over samples, not over batches";
}

TEST(HeldOutAccuracy, CountsTheFirstFiveOfMoreClasses) {
  SaysAsTold classifier(7);
  classifier.said = at::tensor({7.0F, 6.0F, 5.0F, 4.0F, 3.0F, 2.0F, 1.0F}).repeat({4, 1});
  const auto measure = measure_accuracy(classifier);
  measure->add(samples_from(0, {0, 4, 5, 6}), {}, runtime::Precision::fp32);
  const auto values = values_of(measure->figures());
  EXPECT_EQ(values.at("top1"), 25);
  EXPECT_EQ(values.at("top5"), 50);
}

TEST(HeldOutAccuracy, WhatSaysNothingIsNotRight) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  SaysAsTold classifier(2);
  classifier.said = at::tensor({1.0F, 1.0F, kNone, kNone}).view({2, 2});
  const auto measure = measure_accuracy(classifier);
  EXPECT_TRUE(std::isnan(measure->figures().values[0].second)) << "no sample yet";
  measure->add(samples_from(0, {1}), {}, runtime::Precision::fp32);
  EXPECT_EQ(measure->figures().values[0].second, 0) << "of equal logits the first counts";
  measure->add(samples_from(1, {0}), {}, runtime::Precision::fp32);
  EXPECT_EQ(measure->figures().values[0].second, 0);
}

TEST(HeldOutAccuracy, NeedsALabelForEverySample) {
  SaysAsTold classifier(2);
  classifier.said = at::zeros({2, 2});
  const auto measure = measure_accuracy(classifier);
  EXPECT_THROW(measure->add(samples_from(0, {0, -1}), {}, runtime::Precision::fp32), DataError);
  data::Batch without = samples_from(0, {0, 1});
  without.labels.clear();
  EXPECT_THROW(measure->add(without, {}, runtime::Precision::fp32), DataError);
}

}  // namespace
}  // namespace dbot::methods
