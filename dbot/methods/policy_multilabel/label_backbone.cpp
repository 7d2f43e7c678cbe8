#include "dbot/methods/policy_multilabel/label_backbone.h"

#include <fmt/format.h>

#include "dbot/methods/policy_multilabel/label_network.h"
#include "dbot/methods/policy_multilabel/policy_state.h"

namespace dbot::methods {

nn::BackboneInput LabelBackbone::input() const {
  const LabelNetwork network(*parameters_, kClassifier);
  nn::BackboneInput input;
  input.part = nn::kRows;
  input.row_width = network.parameters().front().size(1);
  return input;
}

std::vector<std::string> LabelBackbone::feature_names() const {
  const bool hidden = parameters_->contains(std::string(kClassifier) + "hidden.weight");
  return hidden ? std::vector<std::string>{"hidden", "logits"} : std::vector<std::string>{"logits"};
}

runtime::NamedTensors LabelBackbone::features(const runtime::NamedTensors& inputs,
                                              at::ScalarType /*compute*/) const {
  const LabelNetwork network(*parameters_, kClassifier);
  const auto pass = network.forward(inputs.at(nn::kRows));
  runtime::NamedTensors features{{"logits", pass.logits}};
  if (pass.hidden.defined()) features["hidden"] = pass.hidden;
  return features;
}

std::string LabelBackbone::describe() const {
  const LabelNetwork network(*parameters_, kClassifier);
  const auto& weights = network.parameters();
  const std::int64_t labels = weights.back().size(0), inputs = weights.front().size(1);
  if (weights.size() == 2) return fmt::format("{} labels linearly of {} numbers", labels, inputs);
  return fmt::format("{} labels of {} numbers by a hidden layer of {}", labels, inputs,
                     weights.front().size(0));
}

}  // namespace dbot::methods
