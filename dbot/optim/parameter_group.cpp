#include "dbot/optim/parameter_group.h"

#include <cmath>
#include <map>

#include "dbot/core/error.h"
#include "dbot/ops/adamw_update.h"

namespace dbot::optim {
namespace {

/// Elements `begin` to `end` of the trained part.
ParameterGroup group_of(const nn::ParameterStore& parameters, std::int64_t begin, std::int64_t end,
                        double weight_decay) {
  ParameterGroup group{parameters.flat_values().slice(0, begin, end),
                       parameters.flat_gradients().slice(0, begin, end), weight_decay, 1.0};
  for (const nn::ParameterSpec& spec : parameters.specs()) {
    const std::int64_t offset = parameters.offset(spec.name);
    if (!spec.trainable() || spec.shape.size() < 2 || offset < begin || offset >= end) continue;
    const std::int64_t first = offset - begin;
    group.layers.push_back({first, first + parameters.at(spec.name).numel()});
  }
  return group;
}

void require_gradients(const nn::ParameterStore& parameters) {
  if (parameters.flat_gradients().defined()) return;
  throw Error("[optimizer] the parameters are frozen, expected gradients to train them");
}

/// Trained tensors by where they stand.
std::map<std::int64_t, std::string_view> trained_tensors(const nn::ParameterStore& parameters) {
  std::map<std::int64_t, std::string_view> found;
  for (const nn::ParameterSpec& spec : parameters.specs()) {
    if (spec.trainable()) found[parameters.offset(spec.name)] = spec.name;
  }
  return found;
}

}  // namespace

std::vector<std::int64_t> group_begins(
    const nn::ParameterStore& parameters,
    const std::function<std::int64_t(std::string_view name)>& class_of) {
  std::vector<std::int64_t> begins;
  std::int64_t newest = 0;
  for (const auto& [offset, name] : trained_tensors(parameters)) {
    const std::int64_t one = class_of(name);
    const auto decayed = [&](std::int64_t at) { return at >= parameters.vectors_end(); };
    const bool same = !begins.empty() && one == newest && decayed(begins.back()) == decayed(offset);
    if (!same) begins.push_back(offset);
    newest = one;
  }
  return begins;
}

std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters, double weight_decay,
                                               const ScaledRate& rate) {
  require_gradients(parameters);
  const auto names = trained_tensors(parameters);
  const auto begins =
      group_begins(parameters, [&](std::string_view name) { return rate.is_for(name) ? 1 : 0; });
  std::vector<ParameterGroup> groups;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const bool last = i + 1 == begins.size();
    const std::int64_t end = last ? parameters.trainable_end() : begins[i + 1];
    const double decay = begins[i] >= parameters.vectors_end() ? weight_decay : 0.0;
    groups.push_back(group_of(parameters, begins[i], end, decay));
    if (rate.is_for(names.at(begins[i]))) groups.back().rate_scale = rate.scale;
  }
  return groups;
}

std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters,
                                               double weight_decay) {
  require_gradients(parameters);
  const std::int64_t middle = parameters.vectors_end(), end = parameters.trainable_end();
  return {group_of(parameters, 0, middle, 0.0), group_of(parameters, middle, end, weight_decay)};
}

at::Tensor gradient_norm_on_device(const std::vector<ParameterGroup>& groups) {
  at::Tensor sum;
  for (const ParameterGroup& group : groups) {
    const at::Tensor part = ops::sum_of_squares_on_device(group.gradients);
    sum = sum.defined() ? sum.add_(part) : part;
  }
  return sum.sqrt_();
}

double gradient_norm(const std::vector<ParameterGroup>& groups) {
  double sum = 0;
  for (const ParameterGroup& group : groups) sum += ops::sum_of_squares(group.gradients);
  return std::sqrt(sum);
}

}  // namespace dbot::optim
