// Values that do not fit each other are refused in the name of the recipe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/methods/siamese/siamese_entry.h"
#include "tests/methods/siamese/small_siamese.h"

namespace dbot::methods {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string siamese_refusal(const SiameseConfig& config, std::int64_t batch_size) {
  try {
    check(config, {.batch_size = batch_size});
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(SiameseChecks, TheQueueTakesWholeBatches) {
  SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  EXPECT_EQ(siamese_refusal(config, 6), "");
  EXPECT_THAT(siamese_refusal(config, 5), AllOf(HasSubstr("siamese.queue is 12"), HasSubstr("10")));
  config.symmetric = true;
  EXPECT_EQ(siamese_refusal(config, 6), "");
  EXPECT_THAT(siamese_refusal(config, 4), HasSubstr("8 keys"));
  config.symmetric = false;
  config.loss = SiameseLoss::simclr;
  EXPECT_EQ(siamese_refusal(config, 5), "");
  config.symmetric = true;
  EXPECT_THAT(siamese_refusal(config, 5), HasSubstr("siamese.symmetric"));
}

TEST(SiameseChecks, MasksHaveRoom) {
  SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  config.mask = {.kind = masking::GridMaskKind::block, .cells = 2};
  EXPECT_THAT(siamese_refusal(config, 6),
              AllOf(HasSubstr("mask.grid is 2"), HasSubstr("discrete")));
  config.mask.kind = masking::GridMaskKind::discrete;
  EXPECT_EQ(siamese_refusal(config, 6), "");
  config.mask.cells = 9;
  EXPECT_THAT(siamese_refusal(config, 6), HasSubstr("8x8 pixels"));
  config.mixing = SiameseMixing::unmix;
  EXPECT_EQ(siamese_refusal(config, 6), "");
}

TEST(SiameseChecks, BatchesCanBeDivided) {
  SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  EXPECT_THAT(siamese_refusal(config, 1), HasSubstr("train.batch_size is 1"));
  config.norm_splits = 3;
  EXPECT_EQ(siamese_refusal(config, 6), "");
  config.norm_splits = 4;
  EXPECT_THAT(siamese_refusal(config, 6), HasSubstr("model.norm_splits is 4"));
  config.norm_splits = 6;
  EXPECT_THAT(siamese_refusal(config, 6), HasSubstr("at least 2 images"));
}

TEST(SiameseChecks, SayWhatTheLoaderIsToBring) {
  const Outline said = outline(small_siamese(SiameseMixing::none));
  EXPECT_EQ(said.further_views, 1);
  EXPECT_EQ(said.width, 12);
  EXPECT_EQ(said.patches.height, 0);
}

}  // namespace
}  // namespace dbot::methods
