#include "dbot/eval/continual/continual_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

void check(const AccuracyMatrix& rows, const std::vector<double>& untrained) {
  const bool square = !rows.empty() && std::ranges::all_of(rows, [&](const auto& row) {
    return row.size() == rows.size();
  });
  if (square && (untrained.empty() || untrained.size() == rows.size())) return;
  throw Error({.operation = "continual evaluation",
               .subject = "the accuracies",
               .fault = Fault::mismatch,
               .reason = fmt::format("of {} tasks are not a row and a column for each, or those of "
                                     "the untrained network are {}",
                                     rows.size(), untrained.size())});
}

/// The best accuracy on a task before the last one was learned; NaN if it was never measured.
double best_earlier(const AccuracyMatrix& rows, std::size_t task) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t t = 0; t + 1 < rows.size(); ++t) best = std::fmax(best, rows[t][task]);
  return best;
}

double mean_of_tasks(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

ContinualFigures continual_figures(const AccuracyMatrix& rows,
                                   const std::vector<double>& untrained) {
  check(rows, untrained);
  ContinualFigures figures{.average_accuracy = mean_of_tasks(rows.back()),
                           .forgetting = {},
                           .backward_transfer = {},
                           .forward_transfer = {}};
  for (std::size_t task = 0; task + 1 < rows.size(); ++task) {
    figures.forgetting.push_back(best_earlier(rows, task) - rows.back()[task]);
    figures.backward_transfer.push_back(-figures.forgetting.back());
  }
  figures.average_forgetting = mean_of_tasks(figures.forgetting);
  for (std::size_t task = 1; task < untrained.size(); ++task) {
    figures.forward_transfer.push_back(rows[task - 1][task] - untrained[task]);
  }
  return figures;
}

}  // namespace dbot::eval
