#include "dbot/nn/masked/text_network.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/relu.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "dbot/nn/masked/word_vectors.h"

namespace dbot::nn {
namespace {

std::string text_weight_name(std::size_t kernel) {
  return fmt::format("conv{}.weight", kernel + 1);
}

}  // namespace

std::vector<ParameterSpec> text_parameters(const TextNetworkConfig& config) {
  std::vector<ParameterSpec> specs;
  specs.reserve(config.kernels.size());
  for (const std::int64_t kernel : config.kernels) {
    specs.push_back(
        {.name = text_weight_name(specs.size()), .shape = {config.filters, config.width, kernel}});
  }
  return specs;
}

TextNetwork::TextNetwork(TextNetworkConfig config, std::shared_ptr<ParameterStore> parameters)
    : config_(std::move(config)), parameters_(std::move(parameters)) {}

BackboneInput TextNetwork::input() const {
  BackboneInput input;
  input.part = kRows;
  input.row_width = config_.length;
  return input;
}

runtime::NamedTensors TextNetwork::features(const runtime::NamedTensors& inputs,
                                            at::ScalarType compute) const {
  const at::NoGradGuard no_graph;
  const at::Tensor words =
      word_vectors(inputs.at(kRows), config_.width).transpose(1, 2).to(compute);
  std::vector<at::Tensor> largest;
  largest.reserve(config_.kernels.size());
  for (std::size_t i = 0; i < config_.kernels.size(); ++i) {
    const at::Tensor& weight = parameters_->at(text_weight_name(i));
    largest.push_back(at::amax(at::relu(at::conv1d(words, weight.to(compute))), {2}));
  }
  return {{"maximum", at::cat(largest, 1).to(at::kFloat)}};
}

std::string TextNetwork::describe() const {
  return fmt::format("{} words of a text, {} wide, {} filters of {} words each", config_.length,
                     config_.width, config_.filters, fmt::join(config_.kernels, ", "));
}

}  // namespace dbot::nn
