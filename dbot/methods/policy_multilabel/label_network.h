#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/policy_multilabel/label_rows.h"
#include "dbot/nn/parameters.h"

// The classifier that is trained inside an episode: linear, or with one hidden layer. Its steps are
// made inside a step of the meta-learner, so gradients are written out and no graph is kept.
namespace dbot::methods {

struct LabelNetworkShape {
  std::int64_t inputs = 0, labels = 0;
  std::int64_t hidden = 0;  // width of the hidden layer (ReLU); 0: linear
};

/// PREFIX + "weight" [labels, inputs or hidden], "bias"; with a hidden layer before them
/// "hidden.weight" [hidden, inputs], "hidden.bias". They start as PyTorch's linear layers do.
std::vector<nn::ParameterSpec> label_network_parameters(const LabelNetworkShape& shape,
                                                        const std::string& prefix, nn::Role role);

/// A view of parameters that lie elsewhere, in the order above; copies share them.
class LabelNetwork {
 public:
  /// Of those in `parameters` whose names begin with the prefix.
  LabelNetwork(const nn::ParameterStore& parameters, const std::string& prefix);
  explicit LabelNetwork(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {}

  struct Pass {
    LabelRows rows;     // of the batch
    at::Tensor hidden;  // float32 [batch, hidden], behind the ReLU; undefined where linear
    at::Tensor logits;  // float32 [batch, labels]
  };
  Pass forward(const LabelRows& rows) const;
  /// Gradients of all parameters, in order, from that of the logits.
  std::vector<at::Tensor> backward(const Pass& pass, const at::Tensor& logit_gradient) const;
  /// How the logits of a pass change along `direction`, a tensor for each parameter: a forward-mode
  /// product, [batch, labels].
  at::Tensor tangent(const Pass& pass, const std::vector<at::Tensor>& direction) const;
  /// A network of its own, whose parameters are ours − rate · gradients.
  LabelNetwork stepped(const std::vector<at::Tensor>& gradients, double rate) const;

  const std::vector<at::Tensor>& parameters() const { return parameters_; }

 private:
  bool has_hidden() const { return parameters_.size() == 4; }
  const at::Tensor& weight() const { return parameters_[parameters_.size() - 2]; }

  std::vector<at::Tensor> parameters_;
};

}  // namespace dbot::methods
