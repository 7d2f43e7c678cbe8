#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/methods/siamese/siamese_config.h"
#include "dbot/nn/convolution/batch_norm.h"
#include "dbot/nn/parameters.h"

// What stands behind the network of a siamese system, under the names that MoCo gives it: fc, or
// fc.0 and fc.2. docs/methods/siamese.md §2.
namespace dbot::methods {

/// features → width: one matrix, or two with as many hidden values as features.
std::vector<nn::ParameterSpec> projection_parameters(EmbeddingHead kind, std::int64_t features,
                                                     std::int64_t width);
/// [batch, features] → float32 [batch, width].
at::Tensor project(const at::Tensor& features, const nn::ParameterStore& parameters,
                   EmbeddingHead kind, at::ScalarType compute);

/// width → hidden, BatchNorm, ReLU, → width: predictor.0, .1 and .3, with the running values.
std::vector<nn::ParameterSpec> predictor_tensors(std::int64_t width, std::int64_t hidden);
at::Tensor predict(const at::Tensor& embedding, const nn::ParameterStore& parameters,
                   at::ScalarType compute, nn::NormMode mode);

}  // namespace dbot::methods
