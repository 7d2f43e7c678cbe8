// What supermask tasks learn of batches that are no steps: which earlier task helps, and which
// weights mattered.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <cmath>

#include "dbot/methods/classification/batch_labels.h"
#include "dbot/methods/supermask_tasks/supermask_tasks.h"

namespace dbot::methods {

std::int64_t SupermaskTasks::batches_to_look_at(std::int64_t stage, StageMoment moment,
                                                std::int64_t an_epoch) const {
  const auto share = static_cast<std::int64_t>(
      std::ceil(config_.transfer.batches * static_cast<double>(an_epoch)));
  if (moment == StageMoment::ends) {
    return config_.learning == TaskLearning::ewc && ends_task(stage) ? share : 0;
  }
  const bool transfers = config_.transfer.kind != Transfer::none && config_.learns_masks();
  return transfers && learns_mask(stage) && current_task() > 0 ? share : 0;
}

std::string SupermaskTasks::look_at(std::int64_t /*stage*/, StageMoment moment,
                                    const std::vector<data::Batch>& batches) {
  if (moment == StageMoment::begins) return transfer_from(batches);
  consolidate(batches);
  return {};
}

std::string SupermaskTasks::transfer_from(const std::vector<data::Batch>& batches) {
  const at::NoGradGuard no_graph;
  TaskStart start;
  std::vector<at::Tensor> labels;
  for (const data::Batch& batch : batches) labels.push_back(labels_of(batch));
  for (std::int64_t task = 0; task < networks_->finished(); ++task) {
    const FrozenTask frozen = networks_->frozen(task);
    std::vector<at::Tensor> features;
    features.reserve(batches.size());
    for (const data::Batch& batch : batches) {
      // As the new task sees them: an earlier task's order of pixels is no part of its network.
      const at::Tensor x = seen(batch, current_task(), runtime::Precision::fp32);
      features.push_back(networks_->pass(frozen, x, at::kFloat).features);
    }
    start.accuracies.push_back(vote_accuracy(at::cat(features), at::cat(labels), config_.transfer));
  }
  std::vector<runtime::NamedTensors> scores;
  const auto classes = std::ssize(task_classes(current_task()));
  start.from = tasks_to_begin_with(config_.transfer.kind, start.accuracies, classes);
  scores.reserve(start.from.size());
  for (const std::int64_t task : start.from) scores.push_back(networks_->kept_scores(task));
  if (!scores.empty()) networks_->set_scores(mean_of_scores(scores));
  starts_.resize(static_cast<std::size_t>(current_task()) + 1);
  starts_.back() = start;
  return transfer_text(start, current_task(), classes) +
         clamped_text(at::cat(labels).numel(), config_.transfer);
}

TaskStart SupermaskTasks::task_start(std::int64_t task) const {
  const auto place = static_cast<std::size_t>(task);
  return place < starts_.size() ? starts_[place] : TaskStart();
}

void SupermaskTasks::consolidate(const std::vector<data::Batch>& batches) {
  nn::ParameterStore& store = networks_->trained();
  at::Tensor importance;
  for (const data::Batch& batch : batches) {
    const at::Tensor labels = labels_of(batch);
    const nn::MaskedPass pass = networks_->pass(
        seen(batch, current_task(), runtime::Precision::fp32), at::kFloat, nn::NormMode::running);
    loss_of(pass, labels.to(pass.logits.device())).backward();
    // The gradient of a batch's mean, squared, is about 1/batch of the mean of squared ones.
    const at::Tensor squares =
        networks_->flat_weight_gradients().square() * static_cast<double>(batch.size());
    importance = importance.defined() ? importance + squares : squares;
    store.zero_gradients();
  }
  const at::NoGradGuard no_graph;
  consolidation_.add(importance / static_cast<double>(batches.size()), networks_->flat_weights());
}

}  // namespace dbot::methods
