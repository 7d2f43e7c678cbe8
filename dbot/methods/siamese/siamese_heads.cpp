#include "dbot/methods/siamese/siamese_heads.h"

#include <ATen/ops/relu.h>

#include <string>

#include "dbot/nn/linear.h"

namespace dbot::methods {
namespace {

/// A linear layer that starts as PyTorch's own does.
void append_linear(std::vector<nn::ParameterSpec>& specs, const std::string& name,
                   std::int64_t inputs, std::int64_t outputs) {
  const nn::Start start = nn::fan_in_uniform(static_cast<double>(inputs));
  specs.push_back({.name = name + ".weight", .shape = {outputs, inputs}, .start = start});
  specs.push_back({.name = name + ".bias", .shape = {outputs}, .start = start});
}

}  // namespace

std::vector<nn::ParameterSpec> projection_parameters(EmbeddingHead kind, std::int64_t features,
                                                     std::int64_t width) {
  std::vector<nn::ParameterSpec> specs;
  if (kind == EmbeddingHead::linear) {
    append_linear(specs, "fc", features, width);
  } else {
    append_linear(specs, "fc.0", features, features);
    append_linear(specs, "fc.2", features, width);
  }
  return specs;
}

at::Tensor project(const at::Tensor& features, const nn::ParameterStore& parameters,
                   EmbeddingHead kind, at::ScalarType compute) {
  if (kind == EmbeddingHead::linear) {
    return nn::linear(features, parameters, "fc", compute).to(at::kFloat);
  }
  const at::Tensor hidden = at::relu(nn::linear(features, parameters, "fc.0", compute));
  return nn::linear(hidden, parameters, "fc.2", compute).to(at::kFloat);
}

std::vector<nn::ParameterSpec> predictor_tensors(std::int64_t width, std::int64_t hidden) {
  std::vector<nn::ParameterSpec> specs;
  append_linear(specs, "predictor.0", width, hidden);
  for (auto& spec : nn::batch_norm_parameters("predictor.1", hidden)) specs.push_back(spec);
  for (auto& spec : nn::batch_norm_buffers("predictor.1", hidden)) specs.push_back(spec);
  append_linear(specs, "predictor.3", hidden, width);
  return specs;
}

at::Tensor predict(const at::Tensor& embedding, const nn::ParameterStore& parameters,
                   at::ScalarType compute, nn::NormMode mode) {
  const at::Tensor hidden =
      nn::linear(embedding, parameters, "predictor.0", compute).to(at::kFloat);
  const std::string norm = "predictor.1";
  const nn::BatchNormTensors tensors{.weight = parameters.at(norm + ".weight"),
                                     .bias = parameters.at(norm + ".bias"),
                                     .running_mean = parameters.at(norm + ".running_mean"),
                                     .running_var = parameters.at(norm + ".running_var"),
                                     .batches = parameters.at(norm + ".num_batches_tracked")};
  return nn::linear(at::relu(nn::batch_norm(hidden, tensors, mode)), parameters, "predictor.3",
                    compute)
      .to(at::kFloat);
}

}  // namespace dbot::methods
