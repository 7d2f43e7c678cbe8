#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

namespace dbot::test::fake {

using GruGradients = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

/// What LibTorch asks of each device but the CPU for a cell of a GRU: from the products with the
/// input and with the state, [batch, 3·hidden] each, and their biases, the next state [batch,
/// hidden] and what its gradient needs, [batch, 5·hidden].
std::tuple<at::Tensor, at::Tensor> gru_cell(const at::Tensor& input_gates,
                                            const at::Tensor& hidden_gates, const at::Tensor& state,
                                            const std::optional<at::Tensor>& input_bias,
                                            const std::optional<at::Tensor>& hidden_bias);

/// The gradients of both products, of the state and of both biases.
GruGradients gru_cell_backward(const at::Tensor& gradient, const at::Tensor& kept, bool has_bias);

}  // namespace dbot::test::fake
