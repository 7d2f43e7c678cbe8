#include "dbot/nn/joint/output_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>

#include "dbot/nn/linear.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::nn {
namespace {

constexpr double kHeadNormEps = 1e-6;

std::string layer_name(const std::string& head, std::int64_t layer) {
  return head + ".layers." + std::to_string(layer);
}

at::Tensor head_norm(const at::Tensor& x, const ParameterStore& parameters,
                     const std::string& name) {
  return at::layer_norm(x, {x.size(-1)}, parameters.at(name + ".weight"),
                        parameters.at(name + ".bias"), kHeadNormEps);
}

}  // namespace

void append_output_head(std::vector<ParameterSpec>& specs, const std::string& name,
                        const OutputHeadShape& shape) {
  if (shape.depth > 0) append_norm_parameters(specs, name + ".norm", shape.inputs);
  for (std::int64_t layer = 0; layer < shape.depth; ++layer) {
    append_linear_parameters(specs, layer_name(name, layer), shape.inputs, shape.inputs);
    append_norm_parameters(specs, layer_name(name, layer) + ".norm", shape.inputs);
  }
  append_linear_parameters(specs, name + ".output", shape.inputs, shape.outputs);
}

at::Tensor output_head(const at::Tensor& x, const ParameterStore& parameters,
                       const std::string& name, std::int64_t depth, at::ScalarType compute) {
  at::Tensor value = depth > 0 ? head_norm(x, parameters, name + ".norm") : x;
  for (std::int64_t layer = 0; layer < depth; ++layer) {
    const std::string prefix = layer_name(name, layer);
    const at::Tensor hidden =
        at::gelu(linear(value, parameters, prefix, compute), "tanh").to(at::kFloat);
    const at::Tensor next = head_norm(hidden, parameters, prefix + ".norm");
    value = layer == 0 ? next : value + next;
  }
  return linear(value, parameters, name + ".output", compute).to(at::kFloat);
}

}  // namespace dbot::nn
