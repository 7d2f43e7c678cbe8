#include "dbot/train/late/repeated_step.h"

#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace dbot::train {
namespace {

/// Calls with each pair of tensors of the same name; false where names, shapes or types differ.
template <typename Call>
bool for_pairs(const runtime::NamedTensors& a, const runtime::NamedTensors& b, const Call& call) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();
  for (const auto& [name, tensor] : a) {
    const auto& [other_name, other_tensor] = *other++;
    if (name != other_name || tensor.sizes() != other_tensor.sizes() ||
        tensor.scalar_type() != other_tensor.scalar_type()) {
      return false;
    }
    call(tensor, other_tensor);
  }
  return true;
}

template <typename Call>
bool for_pairs(const MicroBatch& a, const MicroBatch& b, const Call& call) {
  return for_pairs(a.batch.tensors, b.batch.tensors, call) &&
         for_pairs(a.batch.offsets, b.batch.offsets, call) && for_pairs(a.draws, b.draws, call);
}

}  // namespace

RepeatedStep::RepeatedStep(const runtime::Device& device, GraphUse use, core::Log log)
    : device_(device), use_(use), log_(std::move(log)) {}

bool RepeatedStep::fits(const std::vector<MicroBatch>& micro_batches) const {
  bool all = inputs_.size() == micro_batches.size();
  for (std::size_t i = 0; all && i < inputs_.size(); ++i) {
    all = for_pairs(inputs_[i], micro_batches[i], [](const auto&, const auto&) {});
  }
  return all;
}

std::vector<MicroBatch> RepeatedStep::on_device(
    const std::vector<MicroBatch>& micro_batches) const {
  std::vector<MicroBatch> here;
  here.reserve(micro_batches.size());
  for (const MicroBatch& micro : micro_batches) here.push_back(move_to(micro, device_));
  return here;
}

StepFigures RepeatedStep::make(const std::vector<MicroBatch>& micro_batches, const Tell& tell) {
  if (graph_ && !fits(micro_batches)) {
    forget();
    saw_plain_step();
    return tell(on_device(micro_batches));
  }
  if (graph_) {
    const c10::NoGradGuard no_graph;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for_pairs(inputs_[i], micro_batches[i], [](const at::Tensor& to, const at::Tensor& from) {
        to.copy_(from, /*non_blocking=*/true);
      });
    }
  } else if (!record(micro_batches, tell)) {
    return tell(std::exchange(inputs_, {}));
  }
  graph_->replay();
  return *figures_;
}

bool RepeatedStep::record(const std::vector<MicroBatch>& micro_batches, const Tell& tell) {
  inputs_ = on_device(micro_batches);
  try {
    graph_ = runtime::make_step_graph(device_);
    graph_->record([&] { figures_ = tell(inputs_); });
    return true;
  } catch (const std::exception& problem) {
    figures_.reset();
    graph_.reset();
    if (use_ == GraphUse::on) throw;
    gave_up_ = true;
    log_(core::LogLevel::warning,
         fmt::format("the step is not repeated as a graph (train.graph): {}", problem.what()));
    return false;
  }
}

void RepeatedStep::forget() {
  plain_steps_ = 0;
  gave_up_ = false;
  figures_.reset();
  graph_.reset();
  inputs_.clear();
}

}  // namespace dbot::train
