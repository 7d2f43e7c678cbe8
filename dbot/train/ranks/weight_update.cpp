#include "dbot/train/ranks/weight_update.h"

#include <ATen/ops/empty.h>

#include "dbot/core/error.h"
#include "dbot/optim/shards.h"

namespace dbot::train {
namespace {

bool is_divided(const optim::OptimizerConfig& config, const Ranks& ranks,
                const std::vector<optim::ParameterGroup>& groups) {
  if (!optim::wants_division(config, ranks.count())) return false;
  return config.shard == optim::OptimizerShard::on || optim::can_be_divided(groups);
}

}  // namespace

WeightUpdate::WeightUpdate(methods::Method& method, const optim::OptimizerConfig& config,
                           Ranks& ranks)
    : method_(method), config_(config), ranks_(ranks) {
  const auto all = groups();
  if (is_divided(config_, ranks_, all)) cuts_ = optim::shard_cuts(all, ranks_.count());
  optimizer_ = optim::make_optimizer(own_groups(), config_);
}

std::vector<optim::ParameterGroup> WeightUpdate::groups() const {
  return method_.parameter_groups(config_.weight_decay);
}

std::vector<optim::ParameterGroup> WeightUpdate::own_groups() const {
  return divided() ? optim::groups_of_shard(groups(), cuts_, ranks_.rank()) : groups();
}

at::Tensor WeightUpdate::divided_part(const at::Tensor& flat) const {
  return flat.narrow(0, 0, cuts_.back());
}

double WeightUpdate::sum_gradients() {
  if (ranks_.alone()) return optimizer_->gradient_norm();
  const at::Tensor gradients = method_.parameters().flat_gradients();
  if (!divided()) {
    ranks_.group().sum(gradients);
    return norm_of_sum();
  }
  ranks_.group().reduce_scatter(divided_part(gradients), cuts_);
  return norm_of_sum();
}

double WeightUpdate::norm_of_sum() {
  return divided() ? optim::gradient_norm(groups(), cuts_, ranks_.group())
                   : optimizer_->gradient_norm();
}

void WeightUpdate::gather_gradients() {
  if (!divided()) return;
  ranks_.group().all_gather(divided_part(method_.parameters().flat_gradients()), cuts_);
}

void WeightUpdate::step(double learning_rate, double gradient_scale) {
  optimizer_->step(learning_rate, gradient_scale);
  if (!divided()) return;
  ranks_.group().all_gather(divided_part(method_.parameters().flat_values().detach()), cuts_);
  method_.zero_gradients();  // the other shards hold parts of sums
}

void WeightUpdate::step_on_device(const at::Tensor& norm, const at::Tensor& skipped) {
  optimizer_->step_on_device(config_.clip_norm, norm, skipped);
}

void WeightUpdate::rebind() {
  optimizer_->rebind(own_groups());
}

runtime::NamedTensors WeightUpdate::state() const {
  runtime::NamedTensors state = optimizer_->state();
  if (!divided()) return state;
  runtime::Group& group = ranks_.group();
  for (auto& [name, tensor] : state) {
    if (tensor.dim() == 0) continue;  // the number of steps, which all have
    // Of the others no more than their shard is ever touched.
    const at::Tensor whole = at::empty({cuts_.back()}, tensor.options());
    group.shard(whole, cuts_).copy_(tensor);
    group.gather_shards(whole, cuts_);
    tensor = whole;
  }
  return state;
}

void WeightUpdate::load_state(const runtime::NamedTensors& state) {
  if (!divided()) return optimizer_->load_state(state);
  runtime::NamedTensors own = state;
  for (auto& [name, tensor] : own) {
    // One of another size is refused by its name.
    if (tensor.numel() == cuts_.back()) tensor = ranks_.group().shard(tensor.view(-1), cuts_);
  }
  optimizer_->load_state(own);
}

}  // namespace dbot::train
