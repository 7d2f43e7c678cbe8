#include "dbot/eval/search/nearest_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dbot/core/error.h"
#include "tests/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;

double cosine(const at::Tensor& one, const at::Tensor& other) {
  const at::Tensor a = one.to(at::kDouble), b = other.to(at::kDouble);
  return a.mul(b).sum().item<double>() / (a.norm().item<double>() * b.norm().item<double>());
}

/// Row by row, in double precision.
std::vector<std::int64_t> slowly(const at::Tensor& query, const at::Tensor& set,
                                 std::int64_t most) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(set.size(0)));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    return cosine(query, set[a]) > cosine(query, set[b]);
  });
  order.resize(static_cast<std::size_t>(most));
  return order;
}

std::vector<std::int64_t> image_numbers(const std::vector<Neighbour>& found) {
  std::vector<std::int64_t> list;
  list.reserve(found.size());
  for (const Neighbour& one : found) list.push_back(one.index);
  return list;
}

TEST(NearestImages, AreThoseOfASlowSearchWhateverTheBlocks) {
  const at::Tensor set = two_clouds(60, 5, 1, 0.5).features;
  const at::Tensor queries = two_clouds(7, 5, 2, 0.5).features;
  for (const std::int64_t block_numbers : {std::int64_t{1}, std::int64_t{50}, kLargestSetBlock}) {
    const auto found = nearest_images(queries, set, 9, kNoStop, {}, block_numbers);
    ASSERT_EQ(found.size(), 7U);
    for (std::size_t query = 0; query < found.size(); ++query) {
      const at::Tensor asked = queries[static_cast<std::int64_t>(query)];
      EXPECT_EQ(image_numbers(found[query]), slowly(asked, set, 9)) << block_numbers;
      EXPECT_NEAR(found[query][0].similarity, cosine(asked, set[found[query][0].index]), 1e-6);
    }
  }
}

TEST(NearestImages, CompareDirectionsAlone) {
  const auto found =
      nearest_images(matrix(1, 2, {3, 0}), matrix(3, 2, {0, 9, 0.5F, 0, 5, 5}), 3, kNoStop);
  EXPECT_THAT(image_numbers(found[0]), ElementsAre(1, 2, 0));
  EXPECT_FLOAT_EQ(found[0][0].similarity, 1);
  EXPECT_FLOAT_EQ(found[0][1].similarity, std::sqrt(0.5F));
}

TEST(NearestImages, JoinTheNumbersOfTokens) {
  const at::Tensor tokens = matrix(4, 3, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}).reshape({2, 2, 3});
  const auto found = nearest_images(tokens.narrow(0, 1, 1), tokens, 2, kNoStop);
  EXPECT_THAT(image_numbers(found[0]), ElementsAre(1, 0));
  EXPECT_FLOAT_EQ(found[0][1].similarity, 0);
}

TEST(NearestImages, TellHowFarTheyAre) {
  std::vector<std::int64_t> told;
  nearest_images(
      matrix(1, 2, {1, 0}), two_clouds(5, 2, 1).features, 1, kNoStop,
      [&](const core::PassProgress& now) { told.push_back(now.done); },
      /*block_numbers=*/4);
  EXPECT_THAT(told, ElementsAre(2, 4, 5));
}

TEST(NearestImages, RefuseWhatCannotBeCompared) {
  const at::Tensor set = matrix(2, 2, {1, 2, 3, 4});
  EXPECT_THROW(nearest_images(matrix(1, 3, {1, 2, 3}), set, 1, kNoStop), Error);
  EXPECT_THROW(nearest_images(matrix(1, 2, {1, std::nanf("")}), set, 1, kNoStop), Error);
  EXPECT_THROW(nearest_images(set, set, 0, kNoStop), Error);
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(nearest_images(set, set, 1, stop), Stopped);
}

}  // namespace
}  // namespace dbot::eval
