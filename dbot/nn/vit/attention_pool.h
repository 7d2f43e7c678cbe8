#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include "dbot/nn/parameters.h"
#include "dbot/nn/vit/config.h"

namespace dbot::nn {

/// What a learned query makes of all patches, float32 [batch, width]: attention with the encoder's
/// number of heads, then x + MLP(LayerNorm(x)). patches: after the final norm, [batch, patches,
/// width]; parameters: attn_pool.*. SigLIP, arXiv 2303.15343; docs/methods/teachers.md §5.
at::Tensor attention_pool(const at::Tensor& patches, const ParameterStore& parameters,
                          const EncoderConfig& config, at::ScalarType compute);

}  // namespace dbot::nn
