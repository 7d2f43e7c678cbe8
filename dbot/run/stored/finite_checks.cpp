#include "dbot/run/stored/finite_checks.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/sum.h>
#include <c10/core/Scalar.h>

#include <string>

namespace dbot::run {
namespace {

void add(FiniteCheck& check, const std::string& name, const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  const std::int64_t finite = tensor.isfinite().sum().item().toLong();
  check.values += tensor.numel();
  check.not_finite += tensor.numel() - finite;
  if (finite < tensor.numel() && check.first.empty()) check.first = name;
}

}  // namespace

std::vector<FiniteCheck> check_state(const runtime::NamedTensors& tensors) {
  std::vector<FiniteCheck> checks{{"student weights"}, {"teacher weights"}, {"optimizer state"}};
  const std::string prefixes[] = {"student.", "teacher.", "optimizer."};
  for (const auto& [name, tensor] : tensors) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (name.starts_with(prefixes[i])) add(checks[i], name.substr(prefixes[i].size()), tensor);
    }
  }
  return checks;
}

std::vector<FiniteCheck> check_forward(methods::Method& method, const train::MicroBatch& micro,
                                       runtime::Precision precision) {
  std::vector<FiniteCheck> parts;
  method.visit_step(micro.batch, micro.draws, precision,
                    [&](const std::string& part, const std::string& what, const at::Tensor& value) {
                      if (parts.empty() || parts.back().part != part) parts.push_back({part});
                      add(parts.back(), what, value);
                    });
  return parts;
}

std::vector<FiniteCheck> check_gradients(methods::Method& method) {
  FiniteCheck vectors{"gradients of biases and gains"}, matrices{"gradients of matrices"};
  const nn::ParameterStore& parameters = method.parameters();
  for (const nn::ParameterSpec& spec : parameters.specs()) {
    if (!spec.trainable()) continue;
    const bool vector = parameters.offset(spec.name) < parameters.vectors_end();
    add(vector ? vectors : matrices, spec.name, parameters.at(spec.name).grad());
  }
  return {vectors, matrices};
}

}  // namespace dbot::run
