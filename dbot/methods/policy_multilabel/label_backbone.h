#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"

namespace dbot::methods {

/// The classifier as a network that reads rows of numbers: features "logits", and "hidden" before
/// them where it has a hidden layer.
class LabelBackbone final : public nn::Backbone {
 public:
  /// Of the parameters "classifier.…" of the store.
  explicit LabelBackbone(std::shared_ptr<nn::ParameterStore> parameters)
      : parameters_(std::move(parameters)) {}

  const std::shared_ptr<nn::ParameterStore>& parameters() const override { return parameters_; }
  nn::BackboneInput input() const override;
  std::vector<std::string> feature_names() const override;
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;

 private:
  std::shared_ptr<nn::ParameterStore> parameters_;
};

}  // namespace dbot::methods
