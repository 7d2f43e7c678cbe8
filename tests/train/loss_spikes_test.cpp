#include "dbot/train/loss_spikes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "dbot/core/error.h"
#include "tests/train/small_training.h"

namespace dbot::train {
namespace {

/// The step that ends the run; 0: none.
std::int64_t end_of(double factor, const std::vector<double>& losses) {
  LossSpikes spikes(factor);
  std::int64_t step = 0;
  try {
    for (const double loss : losses) spikes.see(/*stage=*/0, ++step, loss);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("train.spike_factor = 2"));
    return step;
  }
  return 0;
}

TEST(LossSpikes, EndARunAboveTheFactorOfTheFiveStepsBefore) {
  EXPECT_EQ(end_of(2, {1, 1, 1, 1, 1, 2.1}), 6);
  EXPECT_EQ(end_of(2, {1, 1, 1, 1, 1, 2.0}), 0);
  EXPECT_EQ(end_of(2, {9, 1, 1, 1, 1, 1, 2.1}), 7) << "the first of six is forgotten";
  EXPECT_EQ(end_of(2, {9, 1, 1, 1, 1, 2.1}), 0);
  EXPECT_EQ(end_of(2, {1, 1, 1, 1, 9}), 0) << "four steps tell nothing";
  EXPECT_EQ(end_of(0, {1, 1, 1, 1, 1, 9}), 0) << "off";
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(end_of(2, {1, 1, none, 1, 1, 1, 3}), 7) << "skipped steps do not count";
}

TEST(LossSpikes, AStageBeginsAnew) {
  LossSpikes spikes(2);
  for (std::int64_t step = 1; step <= 5; ++step) spikes.see(0, step, 0.1);
  spikes.see(1, 6, 5.0);
  EXPECT_THROW(
      {
        for (std::int64_t step = 7; step <= 11; ++step) spikes.see(1, step, step == 11 ? 11 : 5);
      },
      Error);
}

TEST_F(TrainerTest, ALossThatLeapsEndsTheRunAndKeepsItsState) {
  settings_.plan = one_stage(12);
  settings_.train.spike_factor = 1e-6;  // which any loss is above
  methods::MaskedModeling method(tiny_method());
  EXPECT_THROW(trainer(method).run(stop_), Error);
  const auto checkpoint = read_newest_checkpoint(settings_.checkpoint_folder, core::silent_log());
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_EQ(checkpoint->state.step, 6);
}

}  // namespace
}  // namespace dbot::train
