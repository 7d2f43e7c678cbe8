#include "dbot/nn/gru_cell.h"

#include <ATen/ops/gru_cell.h>

namespace dbot::nn {

std::vector<ParameterSpec> gru_parameters(const std::string& name, std::int64_t inputs,
                                          std::int64_t hidden) {
  const Start start = fan_in_uniform(static_cast<double>(hidden));
  return {{name + ".weight_ih", {3 * hidden, inputs}, start},
          {name + ".weight_hh", {3 * hidden, hidden}, start},
          {name + ".bias_ih", {3 * hidden}, start},
          {name + ".bias_hh", {3 * hidden}, start}};
}

at::Tensor gru_cell(const at::Tensor& x, const at::Tensor& state, const ParameterStore& parameters,
                    const std::string& name) {
  return at::gru_cell(x, state, parameters.at(name + ".weight_ih"),
                      parameters.at(name + ".weight_hh"), parameters.at(name + ".bias_ih"),
                      parameters.at(name + ".bias_hh"));
}

}  // namespace dbot::nn
