#include "dbot/train/capture/scalar_sums.h"

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

TEST(ScalarSums, WithoutFiguresThereAreNone) {
  ScalarSums sums;
  sums.add({});
  EXPECT_THAT(sums.read(), IsEmpty());
}

TEST(ScalarSums, AreOverTheMicroBatchesThatHaveThemInOrderOfAppearance) {
  ScalarSums sums;
  sums.add({{"z", number(1)}, {"a", number(2)}});
  sums.add({{"late", number(5)}, {"z", number(2)}});
  sums.add({{"z", number(6)}});
  EXPECT_THAT(means_of(sums.read()),
              ElementsAre(Pair("z", 3.0), Pair("a", 2.0), Pair("late", 5.0)));
}

TEST(ScalarSums, TakeNumbersOfAnyTypeAndShapeOfOneElement) {
  ScalarSums sums;
  sums.add({{"count", number(3, at::kLong)}, {"low", at::full({1, 1}, 0.5, at::kBFloat16)}});
  sums.add({{"count", number(4, at::kLong)}});
  EXPECT_THAT(means_of(sums.read()), ElementsAre(Pair("count", 3.5), Pair("low", 0.5)));
}

TEST(ScalarSums, LeaveTheMethodsTensorsAloneAndHoldNoGraph) {
  const at::Tensor own = number(1, at::kDouble);
  const at::Tensor learnt = at::ones({}, at::kFloat).set_requires_grad(true);
  ScalarSums sums;
  sums.add({{"own", own}, {"learnt", learnt.mul(2)}});
  sums.add({{"own", own}, {"learnt", learnt.mul(4)}});
  EXPECT_THAT(means_of(sums.read()), ElementsAre(Pair("own", 1.0), Pair("learnt", 3.0)));
  EXPECT_EQ(own.item().toDouble(), 1.0);
}

TEST(ScalarSums, KeepWhatIsNotFinite) {
  ScalarSums sums;
  sums.add({{"inf", number(std::numeric_limits<double>::infinity())}, {"nan", number(NAN)}});
  sums.add({{"inf", number(1)}, {"nan", number(1)}});
  EXPECT_EQ(means_of(sums.read())[0].second, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(means_of(sums.read())[1].second));
}

TEST(ScalarSums, OfSeveralProcessesAreMergedByName) {
  ScalarSums first, second;
  first.add({{"z", number(1)}, {"a", number(2)}});
  second.add({{"late", number(5)}, {"z", number(2)}});
  second.add({{"z", number(6)}});
  EXPECT_THAT(means_of(merged(first.read(), second.read())),
              ElementsAre(Pair("z", 3.0), Pair("a", 2.0), Pair("late", 5.0)));
}

TEST(ScalarSums, RefuseWhatIsNotOneNumber) {
  ScalarSums sums;
  EXPECT_THROW(sums.add({{"many", at::ones({2})}}), Error);
  EXPECT_THROW(sums.add({{"none", at::Tensor()}}), Error);
}

}  // namespace
}  // namespace dbot::train
