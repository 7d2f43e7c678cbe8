#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::eval {

/// One linear layer under softmax and cross entropy, with its gradient written out. Values and
/// gradients are flat, for optimizers. Begins with zeros.
class SoftmaxRegression {
 public:
  SoftmaxRegression(std::int64_t classes, std::int64_t width);

  /// [classes · (width + 1)]: the weight row by row, then the bias.
  const at::Tensor& values() const { return values_; }
  const at::Tensor& gradients() const { return gradients_; }
  const at::Tensor& weight() const { return weight_; }  // [classes, width], a view of the values
  const at::Tensor& bias() const { return bias_; }      // [classes], likewise
  const at::Tensor& weight_gradient() const { return weight_gradient_; }
  const at::Tensor& bias_gradient() const { return bias_gradient_; }

  /// [rows, width] → [rows, classes].
  at::Tensor logits(const at::Tensor& features) const;
  /// Mean cross entropy of a batch; leaves its gradient behind.
  double forward_backward(const at::Tensor& features, const std::int64_t* labels);

 private:
  at::Tensor values_, gradients_;
  at::Tensor weight_, bias_, weight_gradient_, bias_gradient_;
};

}  // namespace dbot::eval
