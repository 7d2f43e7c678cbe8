#include "dbot/eval/analysis/separability.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "tests/data/memory_dataset.h"

namespace dbot::eval {
namespace {

class SeparabilityTest : public testing::Test {
 protected:
  std::unique_ptr<nn::VisionTransformer> network(const nn::EncoderConfig& config,
                                                 std::uint64_t seed) const {
    auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config));
    store->initialise(seed, /*stage=*/0);
    store->freeze();
    return std::make_unique<nn::VisionTransformer>(config, std::move(store));
  }

  Separability measure(const nn::VisionTransformer& student, const nn::VisionTransformer& teacher,
                       std::int64_t batch = 8) const {
    ExtractionSettings settings;
    settings.batch_size = batch;
    const std::vector<double> half(3, 0.5);
    return measure_separability({&student, half, half}, {&teacher, half, half}, train_, test_,
                                config_, settings, core::StopRequest(), core::silent_log());
  }

  nn::EncoderConfig encoder_{
      .image_size = {8, 8}, .patch_size = 4, .width = 8, .depth = 1, .heads = 2};
  SeparabilityConfig config_{.lams = {0.1, 0.5}, .images = 40, .mask_ratio = 0.5};
  std::shared_ptr<const data::Dataset> train_ = std::make_shared<test::MemoryDataset>(60);
  std::shared_ptr<const data::Dataset> test_ = std::make_shared<test::MemoryDataset>(30);
};

TEST_F(SeparabilityTest, TheDominantImageIsFoundMoreEasily) {
  const auto encoder = network(encoder_, 1);
  const Separability found = measure(*encoder, *encoder);
  ASSERT_EQ(found.rows.size(), 2u);
  EXPECT_EQ(found.train_images, 40);
  EXPECT_EQ(found.test_images, 30);
  EXPECT_EQ(found.visible, 2);
  EXPECT_EQ(found.rows[0].lam, 0.1);
  EXPECT_GT(found.rows[0].ridge, 0);
  EXPECT_LT(found.rows[0].dominant, found.rows[0].subordinate);
  EXPECT_LT(found.rows[0].dominant, found.rows[1].dominant) << "a purer mixture";
}

TEST_F(SeparabilityTest, BatchesChangeNothing) {
  const auto student = network(encoder_, 1), teacher = network(encoder_, 2);
  const Separability one = measure(*student, *teacher, 40), many = measure(*student, *teacher, 7);
  for (std::size_t i = 0; i < one.rows.size(); ++i) {
    EXPECT_NEAR(one.rows[i].subordinate, many.rows[i].subordinate, 1e-4);
    EXPECT_NEAR(one.rows[i].dominant, many.rows[i].dominant, 1e-4);
  }
}

TEST_F(SeparabilityTest, ATeacherMayHaveAnotherWidth) {
  nn::EncoderConfig wide = encoder_;
  wide.width = 16;
  const auto student = network(encoder_, 1), teacher = network(wide, 2);
  EXPECT_TRUE(std::isfinite(measure(*student, *teacher).rows[0].dominant));
}

TEST_F(SeparabilityTest, WhatDoesNotFitIsRefused) {
  const auto student = network(encoder_, 1);
  nn::EncoderConfig other = encoder_;
  other.patch_size = 2;
  EXPECT_THROW(measure(*student, *network(other, 1)), UsageError);
  const SeparabilityConfig right = config_;
  for (const auto& change : std::vector<std::function<void(SeparabilityConfig&)>>{
           [](auto& config) { config.lams = {0.6}; }, [](auto& config) { config.lams = {0.0}; },
           [](auto& config) { config.lams = {}; }, [](auto& config) { config.images = 0; },
           [](auto& config) { config.intra_rate = 2; },
           [](auto& config) { config.mask_ratio = 0.9; },
           [](auto& config) { config.ridge = -1.0; }}) {
    config_ = right;
    change(config_);
    EXPECT_THROW(measure(*student, *student), UsageError);
  }
  nn::EncoderConfig relative = encoder_;
  relative.relative_positions = nn::RelativePositions::shared;
  config_ = right;
  EXPECT_THROW(measure(*network(relative, 1), *student), UsageError);
  nn::EncoderConfig foreign = encoder_;
  foreign.registers = 2;
  EXPECT_THROW(measure(*student, *network(foreign, 1)), UsageError);
}

}  // namespace
}  // namespace dbot::eval
