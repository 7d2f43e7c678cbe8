#include "dbot/optim/parameter_group.h"

#include <cmath>

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

}  // namespace

std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters,
                                               double weight_decay) {
  if (!parameters.flat_gradients().defined()) {
    throw Error("[optimizer] the parameters are frozen, expected gradients to train them");
  }
  const std::int64_t middle = parameters.vectors_end(), end = parameters.trainable_end();
  return {group_of(parameters, 0, middle, 0.0), group_of(parameters, middle, end, weight_decay)};
}

double gradient_norm(const std::vector<ParameterGroup>& groups) {
  double sum = 0;
  for (const ParameterGroup& group : groups) sum += ops::sum_of_squares(group.gradients);
  return std::sqrt(sum);
}

}  // namespace dbot::optim
