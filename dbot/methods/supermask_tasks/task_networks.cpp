#include "dbot/methods/supermask_tasks/task_networks.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <utility>

#include "dbot/methods/supermask_tasks/flat_tensors.h"
#include "dbot/nn/masked/mask_bits.h"
#include "dbot/ops/top_fraction_mask.h"

namespace dbot::methods {
namespace {

std::vector<nn::ParameterSpec> with_norms(std::vector<nn::ParameterSpec> specs,
                                          const std::vector<nn::ParameterSpec>& norms) {
  specs.insert(specs.end(), norms.begin(), norms.end());
  return specs;
}

}  // namespace

TaskNetworks::TaskNetworks(TaskNetworksConfig config)
    : config_(std::move(config)),
      network_(config_.network),
      norm_specs_(nn::masked_norms(network_.layers())),
      weights_(std::make_unique<nn::ParameterStore>(
          with_norms(nn::masked_weights(network_.layers()), norm_specs_), config_.device)),
      scores_(std::make_unique<nn::ParameterStore>(
          with_norms(nn::masked_scores(network_.layers()), norm_specs_), config_.device)),
      weights_by_name_(weights_->named()),
      scores_by_name_(scores_->named()) {}

void TaskNetworks::initialise() {
  weights_->initialise(config_.seed, /*stage=*/0);
}

void TaskNetworks::begin_task(std::int64_t task) {
  const at::Tensor norms = flat_norms(*weights_);
  scores_->initialise(config_.seed, static_cast<std::uint32_t>(task));
  masks_.clear();
  editable_.clear();
  untouched_.clear();
  if (config_.shared_norm && task > 0) scores_->copy_from(spread(norms, norm_specs_), true);
}

void TaskNetworks::set_scores(const runtime::NamedTensors& scores) {
  scores_->copy_from(scores, /*partial=*/true);
}

std::vector<at::Tensor> TaskNetworks::masks_of(const nn::ParameterStore& scores) const {
  std::vector<at::Tensor> masks;
  masks.reserve(network_.layers().size());
  for (const nn::MaskedLayer& layer : network_.layers()) {
    masks.push_back(ops::top_fraction_mask(scores.at(layer.name + ".scores"),
                                           nn::density_of(layer, config_.density)));
  }
  return masks;
}

std::vector<at::Tensor> TaskNetworks::masks_of(const at::Tensor& bits) const {
  const at::Tensor all = nn::unpack_mask(bits, {network_.elements()}).to(config_.device);
  std::vector<at::Tensor> masks;
  masks.reserve(network_.layers().size());
  std::int64_t begin = 0;
  for (const nn::MaskedLayer& layer : network_.layers()) {
    masks.push_back(all.narrow(0, begin, layer.elements()).view(layer.shape));
    begin += layer.elements();
  }
  return masks;
}

std::vector<at::Tensor> TaskNetworks::current_masks() const {
  return mask_is_fixed() ? masks_ : masks_of(*scores_);
}

at::Tensor TaskNetworks::flat_weights() const {
  return flat_of([&](const std::string& name) { return weights_->at(name); });
}

at::Tensor TaskNetworks::flat_weight_gradients() const {
  return flat_of([&](const std::string& name) { return weights_->at(name).grad(); });
}

at::Tensor TaskNetworks::flat_of(
    const std::function<at::Tensor(const std::string& weight)>& tensor) const {
  std::vector<at::Tensor> parts;
  parts.reserve(network_.layers().size());
  for (const nn::MaskedLayer& layer : network_.layers()) {
    parts.push_back(tensor(layer.name + ".weight").flatten());
  }
  return at::cat(parts);
}

at::Tensor TaskNetworks::packed_masks() const {
  std::vector<at::Tensor> parts;
  parts.reserve(network_.layers().size());
  for (const at::Tensor& mask : current_masks()) parts.push_back(mask.flatten());
  return nn::pack_mask(at::cat(parts));
}

void TaskNetworks::fix_mask() {
  if (mask_is_fixed()) return;
  weights_->copy_from(spread(flat_norms(*scores_), norm_specs_), /*partial=*/true);
  masks_ = masks_of(*scores_);
  decide_editable();
}

at::Tensor TaskNetworks::used_before(std::int64_t task) const {
  at::Tensor used;
  for (std::int64_t i = 0; i < std::min(task, finished()); ++i) {
    const at::Tensor& bits = finished_[static_cast<std::size_t>(i)].bits;
    used = used.defined() ? used.bitwise_or_(bits) : bits.clone();
  }
  return used;
}

void TaskNetworks::decide_editable() {
  const at::NoGradGuard no_graph;
  editable_ = masks_;
  const at::Tensor used = used_before(finished());
  const bool exclusive = config_.editable == EditableWeights::exclusive && used.defined();
  if (exclusive) {
    const std::vector<at::Tensor> taken = masks_of(used);
    for (std::size_t i = 0; i < editable_.size(); ++i) {
      editable_[i] = masks_[i].logical_and(taken[i].logical_not());
    }
  }
  whole_ = std::ranges::all_of(editable_,
                               [](const auto& one) { return one.all().template item<bool>(); });
  untouched_.clear();
  for (std::size_t i = 0; i < editable_.size(); ++i) {
    const at::Tensor weight = weights_->at(network_.layers()[i].name + ".weight").detach();
    const at::Tensor rest = masks_[i].logical_and(editable_[i].logical_not());
    untouched_.push_back(at::where(rest, weight, at::zeros_like(weight)));
  }
}

void TaskNetworks::finish_task() {
  fix_mask();  // of a system that trains no weights
  Finished left{.bits = packed_masks(), .norms = flat_norms(*weights_), .scores = {}};
  if (config_.keep_scores) {
    left.scores = flatten(scores_by_name_, nn::masked_scores(network_.layers())).to(at::kHalf);
  }
  finished_.push_back(std::move(left));
}

nn::MaskedPass TaskNetworks::pass(const at::Tensor& x, at::ScalarType compute,
                                  nn::NormMode mode) const {
  const nn::MaskedWeight weight = [this](std::size_t place) {
    const std::string& name = network_.layers()[place].name;
    const at::Tensor& weights = weights_->at(name + ".weight");
    if (mask_is_fixed() && whole_) return weights;
    if (mask_is_fixed()) return at::where(editable_[place], weights, untouched_[place]);
    const nn::MaskedLayer& layer = network_.layers()[place];
    const at::Tensor& scores = scores_->at(name + ".scores");
    const at::Tensor mask = ops::top_fraction_mask(scores, nn::density_of(layer, config_.density));
    return ops::supermasked(weights.detach(), scores, mask);
  };
  const auto& norms = mask_is_fixed() ? weights_by_name_ : scores_by_name_;
  return network_.forward(x, weight, norms, compute, mode);
}

FrozenTask TaskNetworks::frozen_with(const std::vector<at::Tensor>& masks,
                                     const runtime::NamedTensors& norms) const {
  const at::NoGradGuard no_graph;
  FrozenTask task{.weights = {}, .norms = norms};
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const at::Tensor weight = weights_->at(network_.layers()[i].name + ".weight").detach();
    // Never −0, which a product with 0 would give: results keep their bits whatever others learn.
    task.weights.push_back(at::where(masks[i], weight, at::zeros_like(weight)));
  }
  return task;
}

FrozenTask TaskNetworks::frozen(std::int64_t task) const {
  if (task < finished()) {
    const Finished& left = finished_[static_cast<std::size_t>(task)];
    const at::Tensor norms = config_.shared_norm ? flat_norms(trained()) : left.norms;
    return frozen_with(masks_of(left.bits), spread(norms, norm_specs_));
  }
  if (task == finished()) {
    return frozen_with(current_masks(), spread(flat_norms(trained()), norm_specs_));
  }
  nn::ParameterStore drawn(with_norms(nn::masked_scores(network_.layers()), norm_specs_),
                           config_.device);
  drawn.initialise(config_.seed, static_cast<std::uint32_t>(task));
  return frozen_with(masks_of(drawn), spread(flat_norms(drawn), norm_specs_));
}

nn::MaskedPass TaskNetworks::pass(const FrozenTask& task, const at::Tensor& x,
                                  at::ScalarType compute) const {
  const at::NoGradGuard no_graph;
  const nn::MaskedWeight weight = [&](std::size_t place) { return task.weights.at(place); };
  return network_.forward(x, weight, task.norms, compute, nn::NormMode::running);
}

TaskShare TaskNetworks::share(std::int64_t task) const {
  const at::Tensor bits = bits_of(task), used = used_before(task);
  TaskShare share{.used = nn::count_common(bits, bits), .free = 0, .all = network_.elements()};
  share.free = share.used - (used.defined() ? nn::count_common(bits, used) : 0);
  return share;
}

at::Tensor TaskNetworks::bits_of(std::int64_t task) const {
  return task < finished() ? finished_[static_cast<std::size_t>(task)].bits : packed_masks();
}

runtime::NamedTensors TaskNetworks::kept_scores(std::int64_t task) const {
  const at::Tensor& scores = finished_.at(static_cast<std::size_t>(task)).scores;
  if (!scores.defined()) return {};
  return spread(scores.to(at::kFloat), nn::masked_scores(network_.layers()));
}

at::Tensor TaskNetworks::flat_norms(const nn::ParameterStore& store) const {
  return flatten(store.named(), norm_specs_);
}

}  // namespace dbot::methods
