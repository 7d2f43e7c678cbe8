#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros_like.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace dbot::ops {

/// Where the gradients of a node's weights go: a parameter's is added to its own `grad`; that of a
/// weight which was itself computed goes on along the graph.
class WeightGradients {
 public:
  /// Those that are defined and trained.
  explicit WeightGradients(std::initializer_list<const at::Tensor*> weights) {
    for (const at::Tensor* weight : weights) {
      if (!weight->defined() || !weight->requires_grad()) continue;
      (weight->is_leaf() ? leaves_ : computed_).push_back(*weight);
    }
  }

  const std::vector<at::Tensor>& leaves() const { return leaves_; }

  /// The computed ones, in the order of their gradients.
  const std::vector<at::Tensor>& computed() const { return computed_; }

  /// A zero gradient for each computed one.
  void begin() {
    gradients_.clear();
    for (const at::Tensor& weight : computed_) gradients_.push_back(at::zeros_like(weight));
  }

  /// Undefined if the weight is not trained.
  at::Tensor of(const at::Tensor& weight) const {
    if (!weight.defined() || !weight.requires_grad()) return {};
    for (std::size_t i = 0; i < computed_.size(); ++i) {
      if (computed_[i].is_same(weight)) return gradients_[i];
    }
    at::Tensor& gradient = weight.mutable_grad();
    if (!gradient.defined()) gradient = at::zeros_like(weight);
    return gradient;
  }

  std::vector<at::Tensor> take() { return std::exchange(gradients_, {}); }
  void release() {
    leaves_.clear();
    computed_.clear();
  }

 private:
  std::vector<at::Tensor> leaves_, computed_, gradients_;
};

}  // namespace dbot::ops
