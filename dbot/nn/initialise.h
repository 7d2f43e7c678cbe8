#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/nn/parameters.h"

namespace dbot::nn {

/// Writes the start of one parameter into `value` (contiguous float32, on the host). The draws
/// depend on (seed, stage, name) alone. docs/methods/mae.md §1.
void fill_parameter(const at::Tensor& value, const ParameterSpec& spec, std::uint64_t seed,
                    std::uint32_t stage);

}  // namespace dbot::nn
