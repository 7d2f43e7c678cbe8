#pragma once

#include <cstdint>
#include <vector>

// What a system that learned tasks one after another kept of the earlier ones. Plain arithmetic on
// a matrix of accuracies. docs/methods/exssnet.md §6; the measures are those of Lopez-Paz &
// Ranzato, arXiv 1706.08840, and Chaudhry et al., arXiv 1801.10112.
namespace dbot::eval {

/// rows[t][s]: accuracy on task s after task t was learned; NaN where it was not measured. Square.
using AccuracyMatrix = std::vector<std::vector<double>>;

struct ContinualFigures {
  double average_accuracy = 0;  // mean of the last row
  double average_forgetting = 0;
  /// Of each task but the last: the best earlier accuracy minus the one at the end; below 0 where
  /// it gained.
  std::vector<double> forgetting;
  std::vector<double> backward_transfer;  // its negative
  /// Of each task but the first: accuracy just before it is learned, minus the untrained network's.
  /// Empty where that is not known.
  std::vector<double> forward_transfer;
};

/// Of a single task all lists are empty and forgetting is 0. Throws Error for a matrix that is
/// empty or not square, or for `untrained` of another length; it may be empty.
ContinualFigures continual_figures(const AccuracyMatrix& rows,
                                   const std::vector<double>& untrained = {});

}  // namespace dbot::eval
