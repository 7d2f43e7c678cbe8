#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

// The operations between matrix products on whole tensors, divided over the threads. `x` and other
// tensors of the residual stream are float32 [batch, tokens, width]; what matrix products read and
// write has the compute type. They build no graph. Gradients of weights are added to what is there.
namespace dbot::ops {

/// A LayerNorm's result and what its backward pass needs.
struct Normed {
  at::Tensor values;         // [batch, tokens, width], compute type
  at::Tensor mean, inverse;  // float32 [batch · tokens]
};

struct Norm {
  const at::Tensor& weight;
  const at::Tensor& bias;
  double eps;
};

Normed layer_norm(const at::Tensor& x, const Norm& norm, at::ScalarType compute);

/// x + scale · branch, and its LayerNorm. scale: float32 [batch], undefined: 1.
std::pair<at::Tensor, Normed> add_layer_norm(const at::Tensor& x, const at::Tensor& branch,
                                             const at::Tensor& scale, const Norm& norm);

/// x + scale · branch.
at::Tensor add_branch(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& scale);

/// scale · x in the compute type; adds its sum over rows to bias_gradient [width] where defined.
at::Tensor scaled(const at::Tensor& x, const at::Tensor& scale, at::ScalarType compute,
                  const at::Tensor& bias_gradient);

/// outer + the gradient through LayerNorm(x). Adds to the gradients of weight and bias.
at::Tensor layer_norm_backward(const at::Tensor& gradient, const at::Tensor& x,
                               const Normed& normed, const at::Tensor& weight,
                               const at::Tensor& outer, const at::Tensor& weight_gradient,
                               const at::Tensor& bias_gradient);

/// The exact GELU.
at::Tensor gelu(const at::Tensor& x);
/// x·sigmoid(1.702x).
at::Tensor quick_gelu(const at::Tensor& x);
/// The approximation of GELU by tanh. Hendrycks & Gimpel, arXiv 1606.08415.
at::Tensor tanh_gelu(const at::Tensor& x);

/// Turns the gradient of gelu(x) into that of x, in place, adds its sum over rows to bias_gradient,
/// and returns gelu(x).
at::Tensor gelu_backward(const at::Tensor& x, const at::Tensor& gradient,
                         const at::Tensor& bias_gradient);

/// The same of `tanh_gelu`.
at::Tensor tanh_gelu_backward(const at::Tensor& x, const at::Tensor& gradient,
                              const at::Tensor& bias_gradient);

/// Adds the sum over rows of x, [batch, tokens, width] in the compute type.
void add_row_sum(const at::Tensor& x, const at::Tensor& bias_gradient);

}  // namespace dbot::ops
