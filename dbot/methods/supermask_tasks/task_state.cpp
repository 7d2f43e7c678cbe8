// What a checkpoint holds of task networks.
#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/methods/supermask_tasks/task_networks.h"
#include "dbot/nn/masked/mask_bits.h"

namespace dbot::methods {
namespace {

constexpr const char* kWeights = "network.weights.";
constexpr const char* kScores = "network.scores.";
constexpr const char* kCurrent = "tasks.current.bits";

std::string task_name(std::int64_t task, const char* what) {
  return fmt::format("tasks.{}.{}", task, what);
}

at::Tensor find(const runtime::NamedTensors& state, const std::string& name) {
  const auto found = state.find(name);
  return found == state.end() ? at::Tensor() : found->second;
}

[[noreturn]] void refuse_state(const std::string& name, const char* reason) {
  throw DataError({.operation = "supermasks",
                   .subject = "the stored state",
                   .fault = Fault::mismatch,
                   .reason = fmt::format("{} {}", name, reason)});
}

void require_size(const at::Tensor& tensor, std::int64_t elements, const std::string& name) {
  if (tensor.defined() && tensor.dim() == 1 && tensor.numel() == elements) return;
  refuse_state(name, "is missing or of another network");
}

}  // namespace

runtime::NamedTensors TaskNetworks::state() const {
  runtime::NamedTensors state = with_prefix(kWeights, weights_by_name_);
  state.merge(with_prefix(kScores, scores_by_name_));
  for (std::int64_t task = 0; task < finished(); ++task) {
    const Finished& left = finished_[static_cast<std::size_t>(task)];
    state[task_name(task, "bits")] = left.bits;
    state[task_name(task, "norms")] = left.norms;
    if (left.scores.defined()) state[task_name(task, "scores")] = left.scores;
  }
  if (mask_is_fixed()) state[kCurrent] = packed_masks();
  return state;
}

void TaskNetworks::load_state(const runtime::NamedTensors& state) {
  const std::int64_t bytes = nn::mask_bytes(network_.elements());
  const std::int64_t norms = flat_norms(*weights_).numel();
  std::vector<Finished> finished;
  for (std::int64_t task = 0; state.contains(task_name(task, "bits")); ++task) {
    Finished left{.bits = find(state, task_name(task, "bits")).clone(),
                  .norms = find(state, task_name(task, "norms")),
                  .scores = find(state, task_name(task, "scores"))};
    require_size(left.bits, bytes, task_name(task, "bits"));
    require_size(left.norms, norms, task_name(task, "norms"));
    left.norms = left.norms.to(config_.device, at::kFloat).clone();
    if (left.scores.defined()) {
      require_size(left.scores, network_.elements(), task_name(task, "scores"));
      left.scores = left.scores.to(config_.device, at::kHalf).clone();
    }
    finished.push_back(std::move(left));
  }
  weights_->copy_from(without_prefix(kWeights, state));
  scores_->copy_from(without_prefix(kScores, state));
  finished_ = std::move(finished);
  masks_.clear();
  editable_.clear();
  untouched_.clear();
  const at::Tensor current = find(state, kCurrent);
  if (!current.defined()) return;
  require_size(current, bytes, kCurrent);
  masks_ = masks_of(current);
  decide_editable();
}

}  // namespace dbot::methods
