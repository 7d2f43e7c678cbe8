#include "dbot/optim/optimizer.h"

#include <ATen/ops/full_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/optim/adamw.h"
#include "dbot/optim/lars.h"
#include "dbot/optim/sgd.h"

namespace dbot::optim {
namespace {

constexpr const char* kStep = "step";

std::int64_t total_size(const std::vector<ParameterGroup>& groups) {
  std::int64_t total = 0;
  for (const ParameterGroup& group : groups) total += group.values.numel();
  return total;
}

void check(const std::vector<ParameterGroup>& groups) {
  for (const ParameterGroup& group : groups) {
    if (!group.values.defined() || !group.gradients.defined() ||
        group.values.numel() != group.gradients.numel()) {
      throw Error("[optimizer] a group has " +
                  std::to_string(group.values.defined() ? group.values.numel() : 0) +
                  " values and another number of gradients; are its parameters frozen?");
    }
  }
}

/// On the device of the values.
at::Tensor zero_moment(const std::vector<ParameterGroup>& groups) {
  const at::TensorOptions options =
      groups.empty() ? at::TensorOptions() : groups.front().values.options();
  return at::zeros({total_size(groups)}, options.dtype(at::kFloat));
}

[[noreturn]] void refuse_state(const std::string& tensor, Fault fault, std::string reason) {
  throw DataError(
      {.operation = "optimizer",
       .subject = "the stored state " + tensor,
       .fault = fault,
       .reason = std::move(reason),
       .way_out = "was it stored by another kind of optimizer, or of another network?"});
}

}  // namespace

Optimizer::Optimizer(std::string name, std::vector<ParameterGroup> groups,
                     const std::vector<std::string>& moments)
    : name_(std::move(name)), groups_(std::move(groups)) {
  check(groups_);
  for (const std::string& moment : moments) moments_.emplace_back(moment, zero_moment(groups_));
  if (groups_.empty() || groups_.front().values.is_cpu()) return;
  count_ = at::zeros({}, groups_.front().values.options().dtype(at::kFloat));
  rate_ = at::zeros_like(count_);
}

double Optimizer::clip_scale(double norm, double clip_norm) {
  return clip_norm > 0 ? std::min(1.0, clip_norm / (norm + 1e-6)) : 1.0;
}

std::int64_t Optimizer::steps() const {
  return on_device() ? static_cast<std::int64_t>(count_.item<float>()) : steps_;
}

void Optimizer::set_rate(double learning_rate) {
  rate_.fill_(learning_rate);
}

void Optimizer::step_on_device(double clip_norm, const at::Tensor& norm,
                               const at::Tensor& skipped) {
  at::Tensor divisor;
  if (clip_norm > 0) divisor = norm.add(1e-6).div(clip_norm).clamp_min(1.0).to(at::kFloat);
  update_all_on_device(divisor, skipped);
}

void Optimizer::update_all_on_device(const at::Tensor& divisor, const at::Tensor& skipped) {
  count_.add_(1.0).sub_(skipped);
  std::int64_t offset = 0;
  std::vector<at::Tensor> parts;
  for (const ParameterGroup& group : groups_) {
    const std::int64_t size = group.values.numel();
    parts.clear();
    for (const auto& [name, moment] : moments_) parts.push_back(moment.narrow(0, offset, size));
    update_on_device(group, parts,
                     {.learning_rate = group.rate_scale == 1 ? rate_ : rate_.mul(group.rate_scale),
                      .gradient_divisor = divisor,
                      .skipped = skipped,
                      .count = count_});
    offset += size;
  }
}

void Optimizer::step(double learning_rate, double gradient_scale) {
  if (on_device()) {
    set_rate(learning_rate);
    const at::Tensor divisor =
        gradient_scale == 1.0 ? at::Tensor() : at::full_like(count_, 1 / gradient_scale);
    return update_all_on_device(divisor, at::zeros_like(count_));
  }
  ++steps_;
  std::int64_t offset = 0;
  std::vector<at::Tensor> parts;
  for (const ParameterGroup& group : groups_) {
    const std::int64_t size = group.values.numel();
    parts.clear();
    for (const auto& [name, moment] : moments_) parts.push_back(moment.narrow(0, offset, size));
    update(group, parts, learning_rate * group.rate_scale, gradient_scale);
    offset += size;
  }
}

void Optimizer::rebind(std::vector<ParameterGroup> groups) {
  check(groups);
  const auto same_size = [](const ParameterGroup& a, const ParameterGroup& b) {
    return a.values.numel() == b.values.numel();
  };
  if (!std::ranges::equal(groups, groups_, same_size)) {
    throw Error("[optimizer] the new groups have " + std::to_string(total_size(groups)) +
                " values, expected groups of the same sizes as before (" +
                std::to_string(total_size(groups_)) +
                "); moments cannot be kept across a change of the network");
  }
  groups_ = std::move(groups);
}

runtime::NamedTensors Optimizer::state() const {
  runtime::NamedTensors state(moments_.begin(), moments_.end());
  state[kStep] = at::scalar_tensor(steps(), at::kLong);
  return state;
}

void Optimizer::load_state(const runtime::NamedTensors& state) {
  std::vector<std::string> ours{kStep};
  const auto check_size = [&](const std::string& name, std::int64_t size) {
    const auto found = state.find(name);
    if (found == state.end()) {
      refuse_state(name, Fault::missing, fmt::format("is missing, expected it for {}", name_));
    }
    if (found->second.numel() != size) {
      refuse_state(
          name, Fault::mismatch,
          fmt::format("has {} values, expected {} for {}", found->second.numel(), size, name_));
    }
  };
  for (const auto& [name, moment] : moments_) {
    ours.push_back(name);
    check_size(name, moment.numel());
  }
  check_size(kStep, 1);
  for (const auto& [name, tensor] : state) {
    if (std::ranges::find(ours, name) != ours.end()) continue;
    refuse_state(name, Fault::mismatch,
                 fmt::format("is none of {}, which has {}", name_, fmt::join(ours, ", ")));
  }
  steps_ = state.at(kStep).item<std::int64_t>();
  if (on_device()) count_.fill_(static_cast<double>(steps_));
  for (const auto& [name, moment] : moments_) moment.copy_(state.at(name).view(-1));
}

std::unique_ptr<Optimizer> make_optimizer(std::vector<ParameterGroup> groups,
                                          const OptimizerConfig& config) {
  switch (config.kind) {
    case OptimizerKind::sgd:
      return std::make_unique<Sgd>(std::move(groups), config);
    case OptimizerKind::lars:
      return std::make_unique<Lars>(std::move(groups), config);
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      break;
  }
  return std::make_unique<AdamW>(std::move(groups), config);
}

}  // namespace dbot::optim
