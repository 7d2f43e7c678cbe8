#include "dbot/eval/frozen/label_draws.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/eval/frozen/samples.h"
#include "tests/support/synthetic_dataset.h"

namespace dbot::eval {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LabelDraws, AreOneASeed) {
  const test::SyntheticDataset dataset(40, 8, 2);
  const auto draws = draw_labels(dataset, {.per_class = 3}, 5, 2);
  ASSERT_EQ(draws.size(), 2U);
  EXPECT_EQ(draws[1].seed, 6U);
  EXPECT_EQ(draws[1].samples, data::draw_labelled(dataset, {.per_class = 3}, 6));
  EXPECT_NE(draws[0].samples, draws[1].samples);
  const auto all = draw_labels(dataset, {}, 5, 2);
  EXPECT_THAT(all[0].samples, IsEmpty());
  EXPECT_THAT(samples_of(all), IsEmpty());
}

TEST(LabelDraws, FindTheirRowsAmongThoseOfAllDraws) {
  const std::vector<LabelDraw> draws{{.seed = 0, .samples = {2, 7, 9}},
                                     {.seed = 1, .samples = {2, 4}}};
  const auto samples = samples_of(draws);
  EXPECT_THAT(samples, ElementsAre(2, 4, 7, 9));
  // The third of the four could not be read: its row is missing.
  const at::Tensor rows = matrix(3, 1, {20, 40, 90});
  const std::vector<std::int64_t> indices{0, 1, 3};
  EXPECT_TRUE(at::equal(rows_of_draw(rows, indices, samples, draws[0]), matrix(2, 1, {20, 90})));
  EXPECT_TRUE(at::equal(rows_of_draw(rows, indices, samples, draws[1]), matrix(2, 1, {20, 40})));
  EXPECT_TRUE(rows_of_draw(rows, indices, {}, {}).is_same(rows)) << "all rows are not copied";
}

TEST(MeanAndSpread, AreThoseOfASample) {
  const MeanAndSpread three = mean_and_spread({70, 72, 77});
  EXPECT_DOUBLE_EQ(three.mean, 73);
  EXPECT_DOUBLE_EQ(three.spread, std::sqrt((9.0 + 1 + 16) / 2));
  EXPECT_EQ(mean_and_spread({81.25}).mean, 81.25);
  EXPECT_EQ(mean_and_spread({81.25}).spread, 0);
}

}  // namespace
}  // namespace dbot::eval
