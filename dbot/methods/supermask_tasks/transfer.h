#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/capabilities/task_capability.h"
#include "dbot/runtime/named_tensors.h"

// Which earlier task a new one begins with: k-NN-based knowledge transfer (KKT).
// docs/methods/exssnet.md §5.
namespace dbot::methods {

enum class Transfer {
  none,        // every task begins with its own drawn scores
  knn_best,    // the task whose features sort the new samples best, where that is above chance
  knn_always,  // the same, also where it is not
  knn_all,     // the mean of all that are above chance
};

struct TransferConfig {
  Transfer kind = Transfer::knn_best;
  std::int64_t neighbours = 200;  // that vote; lowered to the rows there are
  double batches = 0.2;           // share of an epoch's batches that is looked at
  double reference = 0.66;        // share of their rows that vote, in front
};

/// Rows in front that vote, of so many.
std::int64_t voting_rows(std::int64_t rows, const TransferConfig& config);

/// How often the vote of the first rows names the label of the others, 0…1. features: [rows,
/// width]; labels: int64 [rows]. NaN where there is no row of either kind.
double vote_accuracy(const at::Tensor& features, const at::Tensor& labels,
                     const TransferConfig& config);

/// The tasks to begin with, lowest first; none: the task keeps its drawn scores. accuracies: one an
/// earlier task, NaN counts as no better than chance.
std::vector<std::int64_t> tasks_to_begin_with(Transfer kind, const std::vector<double>& accuracies,
                                              std::int64_t classes);

/// What was found, for the log: "task 3 begins with the scores of task 1, whose features sort 83.3
/// % of its samples right (chance 50.0 %; task 2: 61.1 %)". Tasks are counted from 1 there.
std::string transfer_text(const TaskStart& start, std::int64_t task, std::int64_t classes);

/// What is said where all rows vote, since there are not more than neighbours: "; all 33 rows vote,
/// not more than tasks.transfer_neighbours, 200: lower it, …". Else empty.
std::string clamped_text(std::int64_t rows, const TransferConfig& config);

/// Their mean, in new tensors. Throws Error for none.
runtime::NamedTensors mean_of_scores(const std::vector<runtime::NamedTensors>& scores);

}  // namespace dbot::methods
