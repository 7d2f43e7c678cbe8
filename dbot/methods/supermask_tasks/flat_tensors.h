#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

// Many small tensors as one, so that a hundred tasks are a few hundred tensors of a checkpoint.
namespace dbot::methods {

/// The tensors that `specs` name, one behind the other, in memory of its own: float32 [elements].
at::Tensor flatten(const runtime::NamedTensors& tensors,
                   const std::vector<nn::ParameterSpec>& specs);
/// The inverse: views of `flat`. Throws DataError unless it has the elements of all.
runtime::NamedTensors spread(const at::Tensor& flat, const std::vector<nn::ParameterSpec>& specs);

}  // namespace dbot::methods
