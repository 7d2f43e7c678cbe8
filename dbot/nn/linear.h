#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// x · name.weightᵀ + name.bias, multiplied in the type `compute`, which the result has.
at::Tensor linear(const at::Tensor& x, const ParameterStore& parameters, const std::string& name,
                  at::ScalarType compute);

}  // namespace dbot::nn
