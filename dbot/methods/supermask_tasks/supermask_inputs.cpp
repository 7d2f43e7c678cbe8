// What supermask tasks see of a batch, and which of their logits are whose.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include <algorithm>

#include "dbot/data/image/normalise.h"
#include "dbot/methods/supermask_tasks/supermask_tasks.h"
#include "dbot/nn/masked/word_vectors.h"

namespace dbot::methods {
namespace {

// Of a class that is not asked about: e to this power is 0, and a product with it no NaN.
constexpr double kNoLogit = -1e9;

/// The order of the pixels of one task, where it has one, else as they are: int64 [pixels].
at::Tensor whole_order(const at::Tensor& order, std::int64_t pixels) {
  return order.defined() ? order : at::arange(pixels, at::TensorOptions(at::kLong));
}

}  // namespace

std::vector<std::int64_t> SupermaskTasks::class_begins() const {
  std::vector<std::int64_t> begins{0};
  begins.reserve(classes_.size() + 1);
  for (const auto& of_task : classes_) begins.push_back(begins.back() + std::ssize(of_task));
  return begins;
}

std::vector<std::int64_t> SupermaskTasks::tasks_of(const std::vector<std::int64_t>& labels) const {
  const std::vector<std::int64_t> begins = class_begins();
  std::vector<std::int64_t> tasks;
  tasks.reserve(labels.size());
  for (const std::int64_t label : labels) {
    tasks.push_back(std::ranges::upper_bound(begins, label) - begins.begin() - 1);
  }
  return tasks;
}

std::vector<std::string> SupermaskTasks::task_classes(std::int64_t task) const {
  if (task != kAllTasks) return classes_.at(static_cast<std::size_t>(task));
  std::vector<std::string> all;
  for (const auto& of_task : classes_) all.insert(all.end(), of_task.begin(), of_task.end());
  return all;
}

at::Tensor SupermaskTasks::logits_of_task(const at::Tensor& logits, std::int64_t task,
                                          const std::vector<std::int64_t>& labels) const {
  const std::vector<std::int64_t> begins = class_begins();
  if (task != kAllTasks) {
    const std::int64_t begin =
        config_.is_joint() ? begins.at(static_cast<std::size_t>(task)) : std::int64_t{0};
    return logits.slice(1, begin, begin + std::ssize(classes_.at(static_cast<std::size_t>(task))));
  }
  at::Tensor others = at::full(logits.sizes(), true, at::TensorOptions(at::kBool));
  std::int64_t row = 0;
  for (const std::int64_t own : tasks_of(labels)) {
    const auto place = static_cast<std::size_t>(own);
    others.select(0, row++).slice(0, begins.at(place), begins.at(place + 1)).fill_(false);
  }
  return logits.masked_fill(others.to(logits.device()), kNoLogit);
}

at::Tensor SupermaskTasks::seen(const data::Batch& batch, std::int64_t task,
                                runtime::Precision precision) const {
  if (config_.network.is_text()) {
    return nn::word_vectors(batch.tensors.at(nn::kRows), config_.network.text.width);
  }
  const at::Tensor& pixels = batch.tensors.at("images");
  at::Tensor images = pixels.scalar_type() == at::kByte
                          ? data::normalise(pixels.contiguous(), config_.mean, config_.std)
                          : pixels;
  if (config_.split.kind == data::TaskKind::permutations && task != 0) {
    images = permuted(images, task, batch.labels);
  }
  return features_ ? features_->of(images, runtime::compute_type(precision)) : images;
}

at::Tensor SupermaskTasks::permuted(const at::Tensor& images, std::int64_t task,
                                    const std::vector<std::int64_t>& labels) const {
  const std::int64_t count = images.size(2) * images.size(3);
  const auto order_of = [&](std::int64_t which) {
    return whole_order(data::pixel_order(config_.split, config_.seed, which, count), count)
        .to(images.device());
  };
  const at::Tensor flat = images.flatten(2);
  if (task != kAllTasks) return flat.index_select(2, order_of(task)).view(images.sizes());
  std::vector<at::Tensor> orders;
  orders.reserve(labels.size());
  for (const std::int64_t own : tasks_of(labels)) orders.push_back(order_of(own));
  return flat.gather(2, at::stack(orders).unsqueeze(1).expand_as(flat)).view(images.sizes());
}

}  // namespace dbot::methods
