#include "dbot/exchange/onnx/onnx_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <utility>

namespace dbot::exchange {
namespace {

using formats::OnnxType;

void write_tensor(const at::Tensor& tensor, const core::WriteBytes& write) {
  const at::Tensor values = tensor.contiguous();
  write({static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
}

}  // namespace

std::string OnnxGraph::node(const std::string& type, const std::string& name,
                            std::vector<std::string> inputs, Attributes attributes) {
  model_.nodes.push_back({type, name, std::move(inputs), {name}, std::move(attributes)});
  return name;
}

std::vector<std::string> OnnxGraph::nodes(const std::string& type, const std::string& name,
                                          std::vector<std::string> inputs,
                                          const std::vector<std::string>& outputs,
                                          Attributes attributes) {
  std::vector<std::string> names;
  for (const std::string& output : outputs) names.push_back(name + "." + output);
  model_.nodes.push_back({type, name, std::move(inputs), names, std::move(attributes)});
  return names;
}

std::string OnnxGraph::weight(const std::string& name, const at::Tensor& tensor) {
  model_.constants.push_back(
      {name, OnnxType::float32, tensor.sizes().vec(),
       [tensor](const core::WriteBytes& write) { write_tensor(tensor, write); }});
  return name;
}

std::string OnnxGraph::integer_tensor(const std::string& name, const at::Tensor& tensor) {
  model_.constants.push_back(
      {name, OnnxType::int64, tensor.sizes().vec(),
       [tensor](const core::WriteBytes& write) { write_tensor(tensor, write); }});
  return name;
}

std::string OnnxGraph::transposed(const std::string& name, const at::Tensor& matrix) {
  return weight(name + ".T", matrix.t());
}

std::string OnnxGraph::number(const std::string& name, float value) {
  if (has_constant(name)) return name;
  model_.constants.push_back({name, OnnxType::float32, {}, [value](const core::WriteBytes& write) {
                                write(std::as_bytes(std::span(&value, 1)));
                              }});
  return name;
}

std::string OnnxGraph::integers(const std::vector<std::int64_t>& values) {
  const std::string name = fmt::format("integers.{}", fmt::join(values, "."));
  if (has_constant(name)) return name;
  model_.constants.push_back(
      {name,
       OnnxType::int64,
       {static_cast<std::int64_t>(values.size())},
       [values](const core::WriteBytes& write) { write(std::as_bytes(std::span(values))); }});
  return name;
}

std::string OnnxGraph::linear(const std::string& name, const std::string& x,
                              const at::Tensor& weight, const at::Tensor& bias) {
  const std::string product =
      node("MatMul", name + ".product", {x, transposed(name + ".weight", weight)});
  return node("Add", name, {product, this->weight(name + ".bias", bias)});
}

std::string OnnxGraph::layer_norm(const std::string& name, const std::string& x,
                                  const at::Tensor& weight, const at::Tensor& bias,
                                  double epsilon) {
  return node("LayerNormalization", name,
              {x, this->weight(name + ".weight", weight), this->weight(name + ".bias", bias)},
              {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(epsilon)}});
}

std::string OnnxGraph::gelu(const std::string& name, const std::string& x) {
  // In this order runtimes recognise it and put one kernel in its place.
  const std::string scaled = node("Div", name + ".scaled", {x, number("sqrt_2", 1.41421356F)});
  const std::string erf = node("Erf", name + ".erf", {scaled});
  const std::string shifted = node("Add", name + ".shifted", {erf, number("one", 1)});
  const std::string doubled = node("Mul", name + ".doubled", {x, shifted});
  return node("Mul", name, {doubled, number("half", 0.5F)});
}

std::string OnnxGraph::tanh_gelu(const std::string& name, const std::string& x) {
  const std::string square = node("Mul", name + ".square", {x, x});
  const std::string cube = node("Mul", name + ".cube", {square, x});
  const std::string bent = node("Mul", name + ".bent", {cube, number("gelu_cubic", 0.044715F)});
  const std::string sum = node("Add", name + ".sum", {x, bent});
  const std::string scaled =
      node("Mul", name + ".scaled", {sum, number("sqrt_2_over_pi", 0.797884561F)});
  const std::string tanh = node("Tanh", name + ".tanh", {scaled});
  const std::string shifted = node("Add", name + ".shifted", {tanh, number("one", 1)});
  const std::string doubled = node("Mul", name + ".doubled", {x, shifted});
  return node("Mul", name, {doubled, number("half", 0.5F)});
}

void OnnxGraph::output(formats::OnnxValue value, const std::string& from) {
  node("Identity", value.name, {from});
  model_.outputs.push_back(std::move(value));
}

bool OnnxGraph::has_constant(const std::string& name) const {
  return std::any_of(model_.constants.begin(), model_.constants.end(),
                     [&](const auto& constant) { return constant.name == name; });
}

}  // namespace dbot::exchange
