#include "dbot/methods/supermask_tasks/transfer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/objectives/nearest_vote.h"

namespace dbot::methods {

std::int64_t voting_rows(std::int64_t rows, const TransferConfig& config) {
  return static_cast<std::int64_t>(config.reference * static_cast<double>(rows));
}

double vote_accuracy(const at::Tensor& features, const at::Tensor& labels,
                     const TransferConfig& config) {
  const std::int64_t rows = features.size(0);
  const std::int64_t reference = voting_rows(rows, config);
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

namespace {

std::string percent_text(double share) {
  return std::isnan(share) ? std::string("too few samples") : fmt::format("{:.1f} %", 100 * share);
}

/// "task 1: 83.3 %" of all earlier tasks but those that are left out.
std::vector<std::string> accuracy_texts(const TaskStart& start,
                                        const std::vector<std::int64_t>& left_out) {
  std::vector<std::string> texts;
  texts.reserve(start.accuracies.size());
  for (std::int64_t task = 0; task < std::ssize(start.accuracies); ++task) {
    if (std::ranges::find(left_out, task) != left_out.end()) continue;
    texts.push_back(fmt::format("task {}: {}", task + 1,
                                percent_text(start.accuracies[static_cast<std::size_t>(task)])));
  }
  return texts;
}

}  // namespace

std::string transfer_text(const TaskStart& start, std::int64_t task, std::int64_t classes) {
  const std::string chance = percent_text(1 / static_cast<double>(classes));
  if (start.from.empty()) {
    return fmt::format(
        "task {} begins with drawn scores: no earlier task's features sort its samples better than "
        "chance, {} ({})",
        task + 1, chance, fmt::join(accuracy_texts(start, {}), ", "));
  }
  if (start.from.size() > 1) {
    return fmt::format(
        "task {} begins with the mean of the scores of {} earlier tasks, whose features sort its "
        "samples better than chance, {} ({})",
        task + 1, start.from.size(), chance, fmt::join(accuracy_texts(start, {}), ", "));
  }
  const std::int64_t from = start.from.front();
  const auto others = accuracy_texts(start, start.from);
  return fmt::format(
      "task {} begins with the scores of task {}, whose features sort {} of its samples right "
      "(chance {}{}{})",
      task + 1, from + 1, percent_text(start.accuracies.at(static_cast<std::size_t>(from))), chance,
      others.empty() ? "" : "; ", fmt::join(others, ", "));
}

std::string clamped_text(std::int64_t rows, const TransferConfig& config) {
  const std::int64_t voting = voting_rows(rows, config);
  if (voting < 1 || voting > config.neighbours) return {};
  return fmt::format(
      "; all {} rows vote, not more than tasks.transfer_neighbours, {}: lower it, or raise "
      "tasks.transfer_batches",
      voting, config.neighbours);
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
