#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dbot/eval/multilabel/label_table.h"

namespace dbot::eval {

/// Scores of samples and what holds of them, in memory, row by row.
struct ScoredSamples {
  std::vector<double> score_values = {};
  std::vector<std::uint8_t> truth_values = {};
  std::size_t labels = 0;

  LabelScores scores() const { return {score_values, labels}; }
  LabelSets truth() const { return {truth_values, labels}; }
  std::size_t size() const { return scores().samples(); }
};

}  // namespace dbot::eval
