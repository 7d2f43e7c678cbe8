#include "dbot/nn/position_table.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

TEST(PositionTable, HasTheKnownValues) {
  const at::Tensor table = sincos_table_2d(768, {14, 14});
  const at::Tensor second = table[2];  // row 0, column 1
  EXPECT_NEAR(second[0].item<double>(), .841471, 1e-6);
  EXPECT_NEAR(second[1].item<double>(), .815251, 1e-6);
  EXPECT_NEAR(second[193].item<double>(), .579108, 1e-6);
  EXPECT_EQ(second[384].item<double>(), 0);
  EXPECT_EQ(second[576].item<double>(), 1);
  EXPECT_NEAR(table.slice(0, 1).sum().item<double>(), 69594.4939, 1e-3);
  EXPECT_EQ(table[0].abs().sum().item<double>(), 0);
  EXPECT_THROW(sincos_table_2d(6, {2, 2}), Error);
}

TEST(PositionTable, MayEncodeTheRowFirst) {
  const at::Tensor usual = sincos_table_2d(16, {2, 3});
  const at::Tensor rows_first = sincos_table_2d(16, {2, 3}, /*rows_first=*/true);
  EXPECT_TRUE(at::equal(rows_first.slice(1, 0, 8), usual.slice(1, 8, 16)));
  EXPECT_TRUE(at::equal(rows_first.slice(1, 8, 16), usual.slice(1, 0, 8)));
}

TEST(PositionTable, DinosScaleReadsItElsewhere) {
  const at::Tensor table = sincos_table_2d(8, {4, 4}).unsqueeze(0);
  const at::Tensor exact = resize_position_table(table, {4, 4}, {3, 6});
  const at::Tensor dino = resize_position_table(table, {4, 4}, {3, 6}, {.offset = kDinoOffset});
  ASSERT_EQ(dino.sizes(), (at::IntArrayRef{1, 19, 8}));
  const double difference = (dino - exact).abs().max().item<double>();
  EXPECT_GT(difference, 1e-3);
  EXPECT_LT(difference, 0.2);
}

TEST(PositionTable, ResizesPatchesAndKeepsTheFirstRow) {
  at::Tensor table = at::ones({1, 1 + 12, 4});
  table.select(1, 0).fill_(5);
  const at::Tensor resized = resize_position_table(table, {3, 4}, {2, 6});
  ASSERT_EQ(resized.sizes(), (at::IntArrayRef{1, 13, 4}));
  EXPECT_EQ(resized[0][0][0].item<float>(), 5);
  EXPECT_NEAR(resized.slice(1, 1).mean().item<double>(), 1, 1e-6);
  EXPECT_TRUE(at::equal(resize_position_table(table, {3, 4}, {3, 4}), table));
  EXPECT_THROW(resize_position_table(table, {4, 4}, {2, 2}), Error);
}

}  // namespace
}  // namespace dbot::nn
