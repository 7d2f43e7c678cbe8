#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/parameters.h"

namespace dbot::nn {

inline constexpr const char* kImageHead = "decoder_image_head";
inline constexpr const char* kTextHead = "decoder_text_head";

struct OutputHeadShape {
  std::int64_t inputs = 0, outputs = 0;
  std::int64_t depth = 0;  // hidden layers, each as wide as the inputs
};

/// name.norm.* and, of each hidden layer, name.layers.N.* and name.layers.N.norm.*, where there are
/// any; then name.output.*.
void append_output_head(std::vector<ParameterSpec>& specs, const std::string& name,
                        const OutputHeadShape& shape);

/// [..., inputs] → [..., outputs], float32. With hidden layers x = LayerNorm(x), then for each
/// y = LayerNorm(GELU(linear(x))), which takes x's place in the first and is added in all others;
/// GELU by tanh, eps 1e-6; last a linear layer. docs/methods/m3ae.md §4.
at::Tensor output_head(const at::Tensor& x, const ParameterStore& parameters,
                       const std::string& name, std::int64_t depth, at::ScalarType compute);

}  // namespace dbot::nn
