#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/formats/onnx/onnx_model.h"

namespace dbot::exchange {

/// Builds an ONNX graph operation by operation; each function returns the name of what it computes.
/// Names of nodes come from `name`, which is unique in the graph; weights keep their official
/// names.
class OnnxGraph {
 public:
  using Attributes = std::vector<formats::OnnxAttribute>;

  /// One operation with one output.
  std::string node(const std::string& type, const std::string& name,
                   std::vector<std::string> inputs, Attributes attributes = {});
  /// One operation with as many outputs as names: "name.q", …
  std::vector<std::string> nodes(const std::string& type, const std::string& name,
                                 std::vector<std::string> inputs,
                                 const std::vector<std::string>& outputs,
                                 Attributes attributes = {});

  /// A float32 tensor; its memory is kept, not copied.
  std::string weight(const std::string& name, const at::Tensor& tensor);
  /// The same of int64.
  std::string integer_tensor(const std::string& name, const at::Tensor& tensor);
  /// A matrix [outputs, inputs] as [inputs, outputs] under "name.T": turned when it is written.
  std::string transposed(const std::string& name, const at::Tensor& matrix);
  std::string number(const std::string& name, float value);
  /// One dimension; for shapes, axes and bounds. Equal values are one constant.
  std::string integers(const std::vector<std::int64_t>& values);

  /// x·Wᵀ + b over the last dimension.
  std::string linear(const std::string& name, const std::string& x, const at::Tensor& weight,
                     const at::Tensor& bias);
  /// Over the last dimension.
  std::string layer_norm(const std::string& name, const std::string& x, const at::Tensor& weight,
                         const at::Tensor& bias, double epsilon);
  /// The exact one: x/2·(1 + erf(x/√2)).
  std::string gelu(const std::string& name, const std::string& x);
  /// Its approximation: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
  std::string tanh_gelu(const std::string& name, const std::string& x);

  void input(formats::OnnxValue value) { model_.inputs.push_back(std::move(value)); }
  /// Gives what `from` names the name of an output of the graph.
  void output(formats::OnnxValue value, const std::string& from);

  formats::OnnxModel take() { return std::move(model_); }

 private:
  bool has_constant(const std::string& name) const;

  formats::OnnxModel model_;
};

}  // namespace dbot::exchange
