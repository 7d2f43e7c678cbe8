#include "dbot/optim/adamw.h"

#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/ops/adamw_update.h"

namespace dbot::optim {
namespace {

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

}  // namespace

std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters,
                                               double weight_decay) {
  const std::int64_t middle = parameters.vectors_end(), end = parameters.trainable_end();
  const at::Tensor& values = parameters.flat_values();
  const at::Tensor& gradients = parameters.flat_gradients();
  if (!gradients.defined()) {
    throw Error("[optimizer] the parameters are frozen, expected gradients to train them");
  }
  return {{values.slice(0, 0, middle), gradients.slice(0, 0, middle), 0.0, 1.0},
          {values.slice(0, middle, end), gradients.slice(0, middle, end), weight_decay, 1.0}};
}

AdamW::AdamW(std::vector<ParameterGroup> groups, const OptimizerConfig& config)
    : groups_(std::move(groups)), config_(config) {
  check(groups_);
  exp_avg_ = zero_moment(groups_);
  exp_avg_sq_ = zero_moment(groups_);
}

double AdamW::gradient_norm() const {
  double sum = 0;
  for (const ParameterGroup& group : groups_) sum += ops::sum_of_squares(group.gradients);
  return std::sqrt(sum);
}

double AdamW::clip_scale(double norm, double clip_norm) {
  return clip_norm > 0 ? std::min(1.0, clip_norm / (norm + 1e-6)) : 1.0;
}

void AdamW::step(double learning_rate, double gradient_scale) {
  ++steps_;
  std::int64_t offset = 0;
  for (const ParameterGroup& group : groups_) {
    const std::int64_t size = group.values.numel();
    ops::adamw_update({group.values, group.gradients, exp_avg_.narrow(0, offset, size),
                       exp_avg_sq_.narrow(0, offset, size)},
                      {.learning_rate = learning_rate * group.rate_scale,
                       .beta1 = config_.betas.at(0),
                       .beta2 = config_.betas.at(1),
                       .eps = config_.eps,
                       .weight_decay = group.weight_decay,
                       .gradient_scale = gradient_scale,
                       .step = steps_});
    offset += size;
  }
}

void AdamW::rebind(std::vector<ParameterGroup> groups) {
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

runtime::NamedTensors AdamW::state() const {
  return {{"exp_avg", exp_avg_},
          {"exp_avg_sq", exp_avg_sq_},
          {"step", at::scalar_tensor(steps_, at::kLong)}};
}

void AdamW::load_state(const runtime::NamedTensors& state) {
  const auto get = [&](const char* name, std::int64_t size) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.numel() != size) {
      throw Error(std::string("[optimizer] state ") + name + " has " +
                  (found == state.end() ? "no" : std::to_string(found->second.numel())) +
                  " values, expected " + std::to_string(size));
    }
    return found->second;
  };
  const at::Tensor exp_avg = get("exp_avg", exp_avg_.numel());
  const at::Tensor exp_avg_sq = get("exp_avg_sq", exp_avg_sq_.numel());
  steps_ = get("step", 1).item<std::int64_t>();
  exp_avg_.copy_(exp_avg.view(-1));
  exp_avg_sq_.copy_(exp_avg_sq.view(-1));
}

}  // namespace dbot::optim
