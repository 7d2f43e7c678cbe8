#include "dbot/eval/multilabel/ranking_measures.h"

#include <algorithm>
#include <numeric>

#include "dbot/eval/multilabel/same_shape.h"

namespace dbot::eval {
namespace {

/// What the ranking of one sample's labels is worth.
struct RowRanking {
  double precision = 1, loss = 0, coverage = 0;
};

std::vector<std::size_t> falling_order(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](auto a, auto b) { return scores[a] > scores[b]; });
  return order;
}

/// Walks the ranking, labels of one score at a time.
template <typename Visit>
void each_tie(std::span<const double> scores, std::span<const std::uint8_t> truth,
              const Visit& visit) {
  const auto order = falling_order(scores);
  std::int64_t seen = 0, hits = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    std::int64_t here = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      here += truth[order[end]] != 0 ? 1 : 0;
    }
    seen = static_cast<std::int64_t>(end);
    hits += here;
    visit(seen, hits, here, static_cast<std::int64_t>(end - begin) - here);
  }
}

RowRanking rank_row(std::span<const double> scores, std::span<const std::uint8_t> truth) {
  const std::int64_t positives =
      std::ranges::count_if(truth, [](auto holds) { return holds != 0; });
  const std::int64_t negatives = static_cast<std::int64_t>(truth.size()) - positives;
  RowRanking row;
  if (positives == 0) return row;
  double precision = 0, pairs = 0;
  each_tie(scores, truth,
           [&](std::int64_t seen, std::int64_t hits, std::int64_t here, std::int64_t misses) {
             precision +=
                 static_cast<double>(here) * static_cast<double>(hits) / static_cast<double>(seen);
             // Labels that hold and stand here or below this label that does not.
             pairs += static_cast<double>(misses) * static_cast<double>(positives - hits + here);
             if (here > 0) row.coverage = static_cast<double>(seen);
           });
  if (negatives == 0) return row;
  row.precision = precision / static_cast<double>(positives);
  row.loss = pairs / (static_cast<double>(positives) * static_cast<double>(negatives));
  return row;
}

}  // namespace

double average_precision(std::span<const double> scores, std::span<const std::uint8_t> truth) {
  require_labels(scores.size(), truth.size(), "truths");
  const std::int64_t positives =
      std::ranges::count_if(truth, [](auto holds) { return holds != 0; });
  if (positives == 0) return -1;
  double sum = 0;
  each_tie(
      scores, truth, [&](std::int64_t seen, std::int64_t hits, std::int64_t here, std::int64_t) {
        sum += static_cast<double>(here) * static_cast<double>(hits) / static_cast<double>(seen);
      });
  return sum / static_cast<double>(positives);
}

std::vector<double> average_precisions(const LabelScores& scores, const LabelSets& truth) {
  require_same_shape(scores, truth);
  std::vector<double> of_label(scores.labels, -1), column(scores.samples());
  std::vector<std::uint8_t> holds(scores.samples());
  for (std::size_t label = 0; label < scores.labels && !column.empty(); ++label) {
    for (std::size_t sample = 0; sample < column.size(); ++sample) {
      column[sample] = scores.at(sample, label);
      holds[sample] = truth.at(sample, label);
    }
    of_label[label] = average_precision(column, holds);
  }
  return of_label;
}

RankingMeasures measure_ranking(const LabelScores& scores, const LabelSets& truth) {
  require_same_shape(scores, truth);
  RankingMeasures measures;
  if (scores.samples() == 0) return measures;
  double present = 0;
  for (const double precision : average_precisions(scores, truth)) {
    if (precision < 0) continue;
    measures.mean_average_precision += precision;
    ++present;
  }
  if (present > 0) measures.mean_average_precision /= present;
  measures.micro_average_precision = std::max(0.0, average_precision(scores.values, truth.values));
  for (std::size_t sample = 0; sample < scores.samples(); ++sample) {
    const auto row = scores.row(sample);
    const RowRanking ranking = rank_row(row, truth.row(sample));
    measures.label_ranking_precision += ranking.precision;
    measures.ranking_loss += ranking.loss;
    measures.coverage += ranking.coverage;
    const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    measures.one_error += truth.at(sample, best) == 0 ? 1 : 0;
  }
  const auto count = static_cast<double>(scores.samples());
  for (double* sum : {&measures.label_ranking_precision, &measures.ranking_loss, &measures.coverage,
                      &measures.one_error}) {
    *sum /= count;
  }
  return measures;
}

std::vector<std::pair<std::string, double>> named(const RankingMeasures& measures) {
  return {{"map", measures.mean_average_precision},
          {"micro_ap", measures.micro_average_precision},
          {"lrap", measures.label_ranking_precision},
          {"ranking_loss", measures.ranking_loss},
          {"coverage", measures.coverage},
          {"one_error", measures.one_error}};
}

}  // namespace dbot::eval
