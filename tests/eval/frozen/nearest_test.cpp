#include "dbot/eval/frozen/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> indices(const std::vector<Neighbour>& kept) {
  std::vector<std::int64_t> list;
  for (const Neighbour& one : kept) list.push_back(one.index);
  return list;
}

TEST(Nearest, KeepsTheNearestOfSeveralBlocks) {
  Nearest nearest(3);
  const std::vector<float> first{0.1F, 0.9F}, second{0.5F, 0.9F, 0.2F, 0.95F};
  nearest.offer(first.data(), 2);
  nearest.offer(second.data(), 4, /*first=*/2);
  const auto& kept = nearest.sorted();
  EXPECT_THAT(indices(kept), ElementsAre(5, 1, 3));
  EXPECT_FLOAT_EQ(kept[0].similarity, 0.95F);
}

TEST(Nearest, OfEqualOnesKeepsTheEarlier) {
  Nearest nearest(2);
  const std::vector<float> equal(5, 0.25F);
  nearest.offer(equal.data(), 5);
  EXPECT_THAT(indices(nearest.sorted()), ElementsAre(0, 1));
}

TEST(Nearest, BeginsAnewBehindItsAnswer) {
  Nearest nearest(2);
  const std::vector<float> high{0.9F, 0.8F}, low{0.1F};
  nearest.offer(high.data(), 2);
  static_cast<void>(nearest.sorted());
  nearest.offer(low.data(), 1);
  EXPECT_THAT(indices(nearest.sorted()), ElementsAre(0));
}

}  // namespace
}  // namespace dbot::eval
