#include "dbot/train/capture/scalar_means.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

at::Tensor number(double value, at::ScalarType type = at::kFloat) {
  return at::full({}, value, type);
}

TEST(ScalarMeans, WithoutFiguresThereAreNone) {
  ScalarMeans means;
  means.add({});
  EXPECT_THAT(means.read(), IsEmpty());
}

TEST(ScalarMeans, AreOverTheMicroBatchesThatHaveThemInOrderOfAppearance) {
  ScalarMeans means;
  means.add({{"z", number(1)}, {"a", number(2)}});
  means.add({{"late", number(5)}, {"z", number(2)}});
  means.add({{"z", number(6)}});
  EXPECT_THAT(means.read(), ElementsAre(Pair("z", 3.0), Pair("a", 2.0), Pair("late", 5.0)));
}

TEST(ScalarMeans, TakeNumbersOfAnyTypeAndShapeOfOneElement) {
  ScalarMeans means;
  means.add({{"count", number(3, at::kLong)}, {"low", at::full({1, 1}, 0.5, at::kBFloat16)}});
  means.add({{"count", number(4, at::kLong)}});
  EXPECT_THAT(means.read(), ElementsAre(Pair("count", 3.5), Pair("low", 0.5)));
}

TEST(ScalarMeans, LeaveTheMethodsTensorsAloneAndHoldNoGraph) {
  const at::Tensor own = number(1, at::kDouble);
  const at::Tensor learnt = at::ones({}, at::kFloat).set_requires_grad(true);
  ScalarMeans means;
  means.add({{"own", own}, {"learnt", learnt.mul(2)}});
  means.add({{"own", own}, {"learnt", learnt.mul(4)}});
  EXPECT_THAT(means.read(), ElementsAre(Pair("own", 1.0), Pair("learnt", 3.0)));
  EXPECT_EQ(own.item().toDouble(), 1.0);
}

TEST(ScalarMeans, KeepWhatIsNotFinite) {
  ScalarMeans means;
  means.add({{"inf", number(std::numeric_limits<double>::infinity())}, {"nan", number(NAN)}});
  means.add({{"inf", number(1)}, {"nan", number(1)}});
  EXPECT_EQ(means.read()[0].second, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(means.read()[1].second));
}

TEST(ScalarMeans, RefuseWhatIsNotOneNumber) {
  ScalarMeans means;
  EXPECT_THROW(means.add({{"many", at::ones({2})}}), Error);
  EXPECT_THROW(means.add({{"none", at::Tensor()}}), Error);
}

}  // namespace
}  // namespace dbot::train
