#include "tests/golden/exssnet/trace_file.h"

#include <algorithm>

#include "dbot/objectives/classification_loss.h"
#include "dbot/optim/optimizer.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {

TraceFile::TraceFile(const Fixture& fixture)
    : fixture_(fixture),
      tasks_(fixture.config.at("tasks").get<std::int64_t>()),
      batch_(fixture.config.at("batch").get<std::int64_t>()) {
  for (const auto& row : fixture.config.at("lr_per_epoch")) {
    rates_[{row[0].get<std::int64_t>(), row[1].get<std::string>()}].push_back(row[3].get<double>());
  }
}

bool TraceFile::exclusive() const {
  return fixture_.config.at("weight_mask_type") == "exclusive";
}

methods::TaskNetworksConfig TraceFile::network() const {
  methods::TaskNetworksConfig network = recorded_network(fixture_.config);
  network.editable =
      exclusive() ? methods::EditableWeights::exclusive : methods::EditableWeights::used;
  return network;
}

std::pair<at::Tensor, at::Tensor> TraceFile::batch(std::int64_t task, std::int64_t number) const {
  const auto rows = [&](const char* name) {
    return fixture_.at(name)[task].slice(0, number * batch_, (number + 1) * batch_);
  };
  return {rows("x"), rows("y")};
}

at::Tensor TraceFile::loss(const nn::MaskedPass& pass, const at::Tensor& labels) {
  return objectives::label_smoothing_cross_entropy(pass.logits, labels, /*smoothing=*/0);
}

void TraceFile::train(methods::TaskNetworks& networks, std::int64_t task,
                      const std::string& phase) const {
  const optim::OptimizerConfig adam{
      .kind = optim::OptimizerKind::adam, .weight_decay = 0, .betas = {0.9, 0.999}, .eps = 1e-8};
  auto groups = optim::pretraining_groups(networks.trained(), /*weight_decay=*/0);
  std::erase_if(groups, [](const auto& group) { return group.values.numel() == 0; });
  const auto optimizer = optim::make_optimizer(std::move(groups), adam);
  const std::int64_t batches = fixture_.at("x").size(1) / batch_;
  for (const double rate : rates_.at({task, phase})) {
    for (std::int64_t i = 0; i < batches; ++i) {
      const auto [x, y] = batch(task, i);
      loss(networks.pass(x, at::kFloat, nn::NormMode::training), y).backward();
      optimizer->step(rate);
    }
  }
}

runtime::NamedTensors TraceFile::final_norms(std::int64_t task,
                                             const methods::TaskNetworks& networks) const {
  runtime::NamedTensors norms;
  for (const nn::ParameterSpec& spec : nn::masked_norms(networks.network().layers())) {
    if (spec.name.ends_with("num_batches_tracked")) continue;
    const std::size_t dot = spec.name.rfind('.');
    norms[spec.name] = fixture_.at("final." + reference_name(spec.name.substr(0, dot)) + ".bns." +
                                   std::to_string(task) + spec.name.substr(dot));
  }
  return norms;
}

std::string layer_tensor(const std::string& when, std::int64_t task, const std::string& layer,
                         const std::string& what) {
  return when + std::to_string(task) + "." + reference_name(layer) + "." + what;
}

bool holds_every_moment(const TraceFile& file) {
  const methods::TaskNetworks networks(file.network());
  return std::ranges::any_of(networks.network().layers(), [&](const nn::MaskedLayer& layer) {
    const at::Tensor& first = file.fixture().peek("init." + reference_name(layer.name) + ".weight");
    return !first.equal(
        file.fixture().peek(layer_tensor("after_weight", file.tasks() - 1, layer.name, "weight")));
  });
}

void check_exssnet_trace(const Fixture& fixture, Comparison& comparison) {
  const TraceFile file(fixture);
  if (holds_every_moment(file)) return follow_trace(file, comparison);
  check_trace_from_its_end(file, comparison);
}

}  // namespace dbot::golden
