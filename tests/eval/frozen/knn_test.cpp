#include "dbot/eval/frozen/knn.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "tests/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> integers(const at::Tensor& tensor) {
  const auto* begin = tensor.const_data_ptr<std::int64_t>();
  return {begin, begin + tensor.numel()};
}

// Unit vectors on the axes, of different lengths: only directions may count.
const at::Tensor kTrain = matrix(4, 2, {2, 0, 0, 3, -1, 0, 0, -4});

KnnResult classify(const at::Tensor& test, std::vector<std::int64_t> truth, KnnConfig config) {
  const core::StopRequest stop;
  return knn_classify(kTrain, labels({0, 1, 2, 3}), test, labels(std::move(truth)), 4, config,
                      stop);
}

TEST(Knn, WeighsVotesBySimilarity) {
  const KnnResult result = classify(matrix(1, 2, {3, 4}), {1}, {2, 0.5});
  EXPECT_THAT(integers(result.neighbours), ElementsAre(1, 0));
  EXPECT_FLOAT_EQ(result.similarity[0][0].item<float>(), 0.8F);
  EXPECT_FLOAT_EQ(result.similarity[0][1].item<float>(), 0.6F);
  EXPECT_FLOAT_EQ(result.scores[0][0].item<float>(), std::exp(1.2F));
  EXPECT_FLOAT_EQ(result.scores[0][1].item<float>(), std::exp(1.6F));
  EXPECT_EQ(result.scores[0][2].item<float>(), 0);
  EXPECT_THAT(integers(result.prediction), ElementsAre(1));
  EXPECT_EQ(result.top1, 100);
}

TEST(Knn, GivesTiesToTheLowerIndex) {
  const KnnResult result = classify(matrix(1, 2, {1, 1}), {0}, {1, 0.07});
  EXPECT_THAT(integers(result.neighbours), ElementsAre(0));
  // A zero row is equally far from everything.
  const KnnResult zero = classify(matrix(1, 2, {0, 0}), {0}, {3, 0.07});
  EXPECT_THAT(integers(zero.neighbours), ElementsAre(0, 1, 2));
  EXPECT_THAT(integers(zero.prediction), ElementsAre(0));
}

TEST(Knn, LowersNeighboursToTheTrainingSet) {
  const KnnResult result = classify(matrix(1, 2, {2, 1}), {0}, {20, 0.07});
  EXPECT_THAT(integers(result.neighbours), ElementsAre(0, 1, 3, 2));
}

TEST(Knn, CountsInTopFiveOnlyClassesWithANeighbour) {
  const KnnResult one = classify(matrix(1, 2, {3, 4}), {0}, {1, 0.07});
  EXPECT_EQ(one.top1, 0);
  EXPECT_EQ(one.top5, 0);
  const KnnResult two = classify(matrix(1, 2, {3, 4}), {0}, {2, 0.07});
  EXPECT_EQ(two.top1, 0);
  EXPECT_EQ(two.top5, 100);
}

TEST(Knn, LeavesUnlabelledSamplesOut) {
  const core::StopRequest stop;
  const KnnResult result = knn_classify(kTrain, labels({-1, 1, 2, 3}), matrix(2, 2, {3, 1, 0, 1}),
                                        labels({-1, 1}), 4, {1, 0.07}, stop);
  EXPECT_THAT(integers(result.neighbours), ElementsAre(1, 1));  // rows of the whole training set
  EXPECT_EQ(result.top1, 100);
}

TEST(Knn, SurvivesLowTemperatures) {
  const KnnResult result = classify(matrix(1, 2, {3, 4}), {1}, {4, 1e-5});
  EXPECT_THAT(integers(result.prediction), ElementsAre(1));
  EXPECT_EQ(result.top1, 100);
}

TEST(Knn, IsTheSameInBlocks) {
  const core::StopRequest stop;
  const SampleSet train = two_clouds(300, 6, 1), test = two_clouds(2500, 6, 2);
  const KnnResult whole =
      knn_classify(train.features, train.labels, test.features, test.labels, 2, {5, 0.07}, stop);
  for (const std::int64_t row : {0, 1023, 1024, 2499}) {
    const KnnResult alone =
        knn_classify(train.features, train.labels, test.features.narrow(0, row, 1),
                     test.labels.narrow(0, row, 1), 2, {5, 0.07}, stop);
    EXPECT_TRUE(at::equal(alone.neighbours[0], whole.neighbours[row])) << row;
  }
}

TEST(Knn, RefusesWhatIsNoSetOfFeatures) {
  EXPECT_THROW(classify(matrix(1, 3, {1, 2, 3}), {0}, {}), Error);
  EXPECT_THROW(classify(matrix(1, 2, {1, 2}), {0, 1}, {}), Error);
  EXPECT_THROW(classify(matrix(1, 2, {1, 2}), {4}, {}), Error);
  EXPECT_THROW(classify(matrix(1, 2, {1, 2}), {-1}, {}), DataError);
  EXPECT_THROW(classify(matrix(1, 2, {1, 2}), {0}, {0, 0.07}), UsageError);
  EXPECT_THROW(classify(matrix(1, 2, {1, 2}), {0}, {1, 0}), UsageError);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(classify(matrix(1, 2, {1, nan}), {0}, {}), Error);
}

TEST(Knn, StopsOnRequest) {
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(
      knn_classify(kTrain, labels({0, 1, 2, 3}), kTrain, labels({0, 1, 2, 3}), 4, {}, stop),
      Stopped);
}

TEST(Knn, TellsOfEveryTestRowAndStopsInBetween) {
  const SampleSet train = two_clouds(30, 4, 1), test = two_clouds(300, 4, 2);
  core::StopRequest stop;
  std::vector<std::int64_t> done;
  const auto vote = [&](const core::TellProgress& progress) {
    done.clear();
    knn_classify(train.features, train.labels, test.features, test.labels, 2, {}, stop, progress);
  };
  vote([&](const core::PassProgress& now) {
    EXPECT_EQ(now.total, 300);
    done.push_back(now.done);
  });
  EXPECT_THAT(done, ElementsAre(128, 256, 300));
  EXPECT_THROW(vote([&](const core::PassProgress& now) {
                 done.push_back(now.done);
                 stop.request();
               }),
               Stopped);
  EXPECT_THAT(done, ElementsAre(128));
}

TEST(Knn, EqualsTheReference) {
  const std::filesystem::path path = "tests/golden/dbot/knn.safetensors";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not in this checkout";
  const auto file = exchange::read_tensor_file(path);
  const auto& t = file.tensors;
  const core::StopRequest stop;
  const KnnResult result =
      knn_classify(t.at("in.train_features"), t.at("in.train_labels"), t.at("in.test_features"),
                   t.at("in.test_labels"), 7, {20, 0.07}, stop);
  EXPECT_TRUE(at::equal(result.neighbours, t.at("out.neighbors")));
  EXPECT_TRUE(at::equal(result.prediction, t.at("out.pred")));
  EXPECT_TRUE(result.scores.allclose(t.at("out.scores"), 1e-4, 0));
  EXPECT_EQ(result.top1, 84.0);
}

}  // namespace
}  // namespace dbot::eval
