#include "dbot/eval/frozen/knn.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/eval/frozen/nearest.h"
#include "dbot/eval/frozen/ranking.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/objectives/label_rank.h"

namespace dbot::eval {
namespace {

// Test rows compared with all training rows at once: small enough to stop soon after being asked,
// large enough for the matrix product.
constexpr std::int64_t kLargestBlockRows = 128;
constexpr std::int64_t kLargestBlockElements = std::int64_t{1} << 26;
constexpr std::int64_t kLargestBlockProducts = std::int64_t{1} << 36;  // about a second

void check_inputs(const at::Tensor& train_features, const at::Tensor& test_features,
                  const KnnConfig& config) {
  if (config.neighbours < 1 || !(config.temperature > 0)) {
    throw UsageError(fmt::format(
        "[knn] neighbours are {} and the temperature is {}, expected at least 1 and more than 0",
        config.neighbours, config.temperature));
  }
  check_features("knn", train_features, "training");
  check_features("knn", test_features, "test");
  if (train_features.size(1) != test_features.size(1)) {
    throw Error(fmt::format("[knn] training features have width {} and test features {}",
                            train_features.size(1), test_features.size(1)));
  }
}

/// Votes of one test row. Ranks by weights relative to the nearest neighbour, so that a low
/// temperature cannot overflow the choice; only the reported scores can reach infinity.
std::int64_t vote(const std::vector<Neighbour>& nearest, const std::int64_t* labels,
                  double temperature, std::vector<double>& votes, float* scores) {
  std::fill(votes.begin(), votes.end(), 0.0);
  const double best = nearest.front().similarity;
  for (const Neighbour& neighbour : nearest) {
    votes[static_cast<std::size_t>(labels[neighbour.index])] +=
        std::exp((neighbour.similarity - best) / temperature);
  }
  const double scale = std::exp(best / temperature);
  for (std::size_t c = 0; c < votes.size(); ++c) {
    scores[c] = votes[c] > 0 ? static_cast<float>(votes[c] * scale) : 0.0F;
  }
  return std::max_element(votes.begin(), votes.end()) - votes.begin();
}

/// The labelled training rows, compared with blocks of test rows.
class NeighbourClassifier {
 public:
  NeighbourClassifier(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                      const KnnConfig& config)
      : classes_(classes), temperature_(config.temperature) {
    rows_ = labelled_rows(labels);
    labels_ = labels.index_select(0, rows_).contiguous();
    features_ = normalised_rows(features.index_select(0, rows_)).t();
    kept_ = std::min(config.neighbours, rows_.size(0));
  }

  std::int64_t kept() const { return kept_; }
  std::int64_t block_rows() const {
    const std::int64_t elements =
        std::min(kLargestBlockElements, kLargestBlockProducts / features_.size(0));
    return std::clamp<std::int64_t>(elements / rows_.size(0), 1, kLargestBlockRows);
  }

  /// Fills rows `first`… of the result, and the rank of each true class.
  void classify(const at::Tensor& test, const std::int64_t* truth, std::int64_t first,
                KnnResult& result, std::int64_t* ranks) const {
    const at::Tensor similarity = at::mm(test, features_);
    const auto* values = similarity.const_data_ptr<float>();
    const auto* labels = labels_.const_data_ptr<std::int64_t>();
    const auto* rows = rows_.const_data_ptr<std::int64_t>();
    const std::int64_t columns = similarity.size(1);
    Nearest kept(kept_);
    std::vector<double> votes(static_cast<std::size_t>(classes_));
    for (std::int64_t i = 0; i < test.size(0); ++i) {
      kept.offer(values + i * columns, columns);
      const std::vector<Neighbour>& nearest = kept.sorted();
      const std::int64_t row = first + i;
      auto* neighbours = result.neighbours.mutable_data_ptr<std::int64_t>() + row * kept_;
      auto* similarities = result.similarity.mutable_data_ptr<float>() + row * kept_;
      for (const Neighbour& neighbour : nearest) {
        *neighbours++ = rows[neighbour.index];
        *similarities++ = neighbour.similarity;
      }
      result.prediction.mutable_data_ptr<std::int64_t>()[row] =
          vote(nearest, labels, temperature_, votes,
               result.scores.mutable_data_ptr<float>() + row * classes_);
      const std::int64_t label = truth[row];
      // A class without a neighbour has no vote: it is no guess, wherever it would be listed.
      const bool voted = label >= 0 && votes[static_cast<std::size_t>(label)] > 0;
      ranks[row] = voted ? objectives::rank_of(votes.data(), classes_, label) : kUnranked;
    }
  }

 private:
  at::Tensor rows_, labels_, features_;  // features_: [width, labelled rows]
  std::int64_t classes_, kept_ = 0;
  double temperature_;
};

}  // namespace

KnnResult knn_classify(const at::Tensor& train_features, const at::Tensor& train_labels,
                       const at::Tensor& test_features, const at::Tensor& test_labels,
                       std::int64_t classes, const KnnConfig& config, const core::StopRequest& stop,
                       const core::TellProgress& progress) {
  check_inputs(train_features, test_features, config);
  check_labels("knn", train_features, train_labels, classes, "training");
  check_labels("knn", test_features, test_labels, classes, "test");
  throw_if_stopped("knn", stop);
  const NeighbourClassifier classifier(train_features, train_labels, classes, config);
  const at::Tensor test = normalised_rows(test_features);
  const at::Tensor truth = test_labels.contiguous();
  const std::int64_t rows = test.size(0);
  KnnResult result;
  result.neighbours = at::empty({rows, classifier.kept()}, at::kLong);
  result.similarity = at::empty({rows, classifier.kept()}, at::kFloat);
  result.scores = at::zeros({rows, classes}, at::kFloat);
  result.prediction = at::empty({rows}, at::kLong);
  std::vector<std::int64_t> ranks(static_cast<std::size_t>(rows), kUnranked);
  const std::int64_t block = classifier.block_rows();
  for (std::int64_t first = 0; first < rows; first += block) {
    throw_if_stopped("knn", stop);
    const std::int64_t count = std::min(block, rows - first);
    classifier.classify(test.narrow(0, first, count), truth.const_data_ptr<std::int64_t>(), first,
                        result, ranks.data());
    if (progress) progress({.done = first + count, .total = rows, .doing = "k-NN"});
  }
  const Accuracy accuracy = accuracy_of_ranks(ranks, truth);
  result.top1 = accuracy.top1;
  result.top5 = accuracy.top5;
  return result;
}

}  // namespace dbot::eval
