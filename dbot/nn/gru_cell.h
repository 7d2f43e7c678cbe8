#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// The parameters of a gated recurrent unit (Cho et al., arXiv 1406.1078): NAME.weight_ih
/// [3·hidden, inputs], NAME.weight_hh [3·hidden, hidden], NAME.bias_ih and NAME.bias_hh [3·hidden];
/// the gates reset, update, new stand one behind the other, as in PyTorch. All start in
/// U(±1/sqrt(hidden)).
std::vector<ParameterSpec> gru_parameters(const std::string& name, std::int64_t inputs,
                                          std::int64_t hidden);

/// The next state, [batch, hidden]: h' = (1 − z) n + z h with r, z = σ(W x + b + V h + c) and
/// n = tanh(W x + b + r (V h + c)). x: [batch, inputs]; state: [batch, hidden].
at::Tensor gru_cell(const at::Tensor& x, const at::Tensor& state, const ParameterStore& parameters,
                    const std::string& name);

}  // namespace dbot::nn
