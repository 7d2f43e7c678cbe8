#include "dbot/nn/masked/dense_network.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace dbot::nn {
namespace {

std::string dense_weight_name(std::size_t layer) {
  return fmt::format("linear.{}.weight", 2 * layer);
}

}  // namespace

std::vector<ParameterSpec> dense_parameters(const DenseConfig& config) {
  std::vector<ParameterSpec> specs;
  specs.reserve(config.hidden.size());
  std::int64_t inputs = config.inputs();
  for (const std::int64_t width : config.hidden) {
    specs.push_back({.name = dense_weight_name(specs.size()), .shape = {width, inputs}});
    inputs = width;
  }
  return specs;
}

DenseNetwork::DenseNetwork(DenseConfig config, std::shared_ptr<ParameterStore> parameters)
    : config_(std::move(config)), parameters_(std::move(parameters)) {}

runtime::NamedTensors DenseNetwork::features(const runtime::NamedTensors& inputs,
                                             at::ScalarType compute) const {
  const at::NoGradGuard no_graph;
  at::Tensor x = inputs.at(input().part).flatten(1);
  for (std::size_t layer = 0; layer < config_.hidden.size(); ++layer) {
    const at::Tensor& weight = parameters_->at(dense_weight_name(layer));
    if (layer > 0) x = at::relu(x);
    x = at::linear(x.to(compute), weight.to(compute)).to(at::kFloat);
  }
  return {{"mean", x}};
}

std::string DenseNetwork::describe() const {
  return fmt::format("{}x{} pixels, dense layers of {}", config_.images.size.height,
                     config_.images.size.width, fmt::join(config_.hidden, ", "));
}

}  // namespace dbot::nn
