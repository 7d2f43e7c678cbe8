#include "dbot/methods/supermask_tasks/transfer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <limits>

#include "dbot/core/error.h"
#include "dbot/objectives/nearest_vote.h"

namespace dbot::methods {

double vote_accuracy(const at::Tensor& features, const at::Tensor& labels,
                     const TransferConfig& config) {
  const std::int64_t rows = features.size(0);
  const auto reference = static_cast<std::int64_t>(config.reference * static_cast<double>(rows));
  if (reference < 1 || reference >= rows) return std::numeric_limits<double>::quiet_NaN();
  const at::Tensor said =
      objectives::nearest_vote(features.slice(0, 0, reference), labels.slice(0, 0, reference),
                               features.slice(0, reference), config.neighbours);
  return said.eq(labels.slice(0, reference).cpu()).to(at::kDouble).mean().item<double>();
}

std::vector<std::int64_t> tasks_to_begin_with(Transfer kind, const std::vector<double>& accuracies,
                                              std::int64_t classes) {
  const double chance = 1 / static_cast<double>(classes);
  std::vector<std::int64_t> chosen;
  if (kind == Transfer::none) return chosen;
  std::int64_t best = -1;
  for (std::int64_t task = 0; task < std::ssize(accuracies); ++task) {
    const double accuracy = accuracies[static_cast<std::size_t>(task)];
    if (kind == Transfer::knn_all && accuracy > chance) chosen.push_back(task);
    if (best < 0 ? accuracy >= 0 : accuracy > accuracies[static_cast<std::size_t>(best)]) {
      best = task;
    }
  }
  if (kind == Transfer::knn_all || best < 0) return chosen;
  const bool above_chance = accuracies[static_cast<std::size_t>(best)] > chance;
  if (above_chance || kind == Transfer::knn_always) chosen.push_back(best);
  return chosen;
}

runtime::NamedTensors mean_of_scores(const std::vector<runtime::NamedTensors>& scores) {
  const at::NoGradGuard no_graph;
  if (scores.empty()) {
    throw Error({.operation = "transfer",
                 .subject = "the scores",
                 .fault = Fault::missing,
                 .reason = "are those of no task"});
  }
  runtime::NamedTensors mean;
  for (const auto& [name, first] : scores.front()) {
    at::Tensor sum = first.clone();
    for (std::size_t i = 1; i < scores.size(); ++i) sum.add_(scores[i].at(name));
    mean.emplace(name, sum.div_(static_cast<double>(scores.size())));
  }
  return mean;
}

}  // namespace dbot::methods
