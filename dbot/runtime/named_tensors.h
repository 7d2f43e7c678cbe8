#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace dbot::runtime {

/// Tensors by their official names.
using NamedTensors = std::map<std::string, at::Tensor>;

}  // namespace dbot::runtime
