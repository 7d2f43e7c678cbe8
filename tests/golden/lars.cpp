#include <ATen/ops/equal.h>
#include <fmt/format.h>

#include "dbot/optim/optimizer.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Follows the recorded steps with one weight decay.
void follow(const Fixture& fixture, double weight_decay, Comparison& comparison) {
  std::vector<nn::ParameterSpec> specs;
  const runtime::NamedTensors start = fixture.with_prefix("in.param.");
  for (const auto& [name, value] : start) {
    specs.push_back({.name = name, .shape = value.sizes().vec()});
  }
  nn::ParameterStore store(std::move(specs));
  store.copy_from(start);
  optim::OptimizerConfig config = optim::default_config(optim::OptimizerKind::lars);
  config.momentum = fixture.config.at("momentum").get<double>();
  config.trust_coefficient = fixture.config.at("trust_coefficient").get<double>();
  const auto optimizer =
      optim::make_optimizer(optim::pretraining_groups(store, weight_decay), config);

  const auto rates = fixture.config.at("lr").get<std::vector<double>>();
  for (std::size_t step = 0; step < rates.size(); ++step) {
    for (const auto& [name, gradient] : fixture.with_prefix(fmt::format("in.grad{}.", step))) {
      store.at(name).mutable_grad().copy_(gradient);
    }
    optimizer->step(rates[step]);
    const std::string prefix =
        fmt::format("out.wd{}.step{}.", nlohmann::json(weight_decay).dump(), step);
    for (const auto& [name, value] : store.named()) {
      comparison.tensor(prefix + name, value, limits::value);
    }
  }
}

}  // namespace

void check_lars(const Fixture& fixture, Comparison& comparison) {
  for (const double decay : fixture.config.at("weight_decay").get<std::vector<double>>()) {
    follow(fixture, decay, comparison);
  }
}

}  // namespace dbot::golden
