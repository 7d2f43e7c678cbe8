#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace dbot::nn {

/// Tensors by their official names.
using NamedTensors = std::map<std::string, at::Tensor>;

}  // namespace dbot::nn
