#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

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

/// How often the vote of the first rows names the label of the others, 0…1. features: [rows,
/// width]; labels: int64 [rows]. NaN where there is no row of either kind.
double vote_accuracy(const at::Tensor& features, const at::Tensor& labels,
                     const TransferConfig& config);

/// The tasks to begin with, lowest first; none: the task keeps its drawn scores. accuracies: one an
/// earlier task, NaN counts as no better than chance.
std::vector<std::int64_t> tasks_to_begin_with(Transfer kind, const std::vector<double>& accuracies,
                                              std::int64_t classes);

/// Their mean, in new tensors. Throws Error for none.
runtime::NamedTensors mean_of_scores(const std::vector<runtime::NamedTensors>& scores);

}  // namespace dbot::methods
