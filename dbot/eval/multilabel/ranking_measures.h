#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dbot/eval/multilabel/label_table.h"

// How well scores order labels and samples, without thresholds: plain arithmetic on arrays. Ties
// count as in scikit-learn. docs/methods/meta_multilabel.md §4.
namespace dbot::eval {

/// Sum over distinct scores, falling, of (R_n − R_{n−1}) P_n. −1 where nothing holds.
double average_precision(std::span<const double> scores, std::span<const std::uint8_t> truth);

struct RankingMeasures {
  double mean_average_precision = 0;   // over labels that hold somewhere
  double micro_average_precision = 0;  // over all entries together
  /// Label ranking average precision: 1 for a sample of which all or no labels hold.
  double label_ranking_precision = 0;
  /// Share of pairs of a label that holds and one that does not whose first has no higher score.
  double ranking_loss = 0;
  double coverage = 0;   // labels to go down the ranking until all that hold are seen
  double one_error = 0;  // share of samples whose highest score is of a label that does not hold
};

/// Throws UsageError where the tables differ in shape.
RankingMeasures measure_ranking(const LabelScores& scores, const LabelSets& truth);
/// One entry a label; −1 for a label that holds nowhere.
std::vector<double> average_precisions(const LabelScores& scores, const LabelSets& truth);

/// Names and values, as metrics and JSON files have them: "map", "micro_ap", "lrap", …
std::vector<std::pair<std::string, double>> named(const RankingMeasures& measures);

}  // namespace dbot::eval
